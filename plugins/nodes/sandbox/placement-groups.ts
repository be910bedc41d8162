/** `/placement_groups`: servers on different hosts. */

import { ApiError, invalidInput } from './errors.ts';
import { filtered } from './paginate.ts';
import { membersOf, presentPlacementGroup } from './present.ts';
import { labelsIn, needed, textIn } from './request.ts';
import { type PlacementGroupRow, takeId } from './state.ts';
import { checkLimit, checkNameOf, type Kind } from './things.ts';

export const PLACEMENT_GROUPS: Kind<PlacementGroupRow> = {
  many: 'placement_groups',
  one: 'placement_group',
  type: 'placement_group',
  table: ({ placementGroups }) => placementGroups,
  present: presentPlacementGroup,
  filter: (rows, query) => filtered(rows, query, 'type', () => 'spread', ['spread']),
  checkRemoval: ({ cloud }, { id }) => {
    if (membersOf(cloud, id).length > 0) throw new ApiError('resource_in_use', 'the placement group has servers');
  },
  create: (call) => {
    const { cloud, body, conduct } = call;
    const name = checkNameOf(call, PLACEMENT_GROUPS, needed(textIn(body, 'name'), 'name'));
    if (needed(textIn(body, 'type'), 'type') !== 'spread') throw invalidInput('type', 'must be spread');
    const labels = labelsIn(body) ?? {};
    checkLimit(cloud.placementGroups.size, conduct.limits.placementGroups, 'placement group');
    const row: PlacementGroupRow = { id: takeId(cloud), name, labels, created: call.now };
    cloud.placementGroups.set(row.id, row);
    return { status: 201, body: { placement_group: presentPlacementGroup(cloud, row), action: null } };
  },
};
