/**
 * Take-backs of links: a program of a shell, which the timer runs without fettle, and fettle too.
 *
 * A field goes back only while it still has the value of the change. Addresses, routes and neighbours that the change took
 * along are added where they do not exist: later ones of others stay.
 */

import { ipArguments } from '../linux/ip.ts';
import type { BackLine } from '../linux/surroundings.ts';
import { DONE, type LinkTakeBack } from './take-back.ts';

/** Begins a field in the data: its name in a report, the field, the link, the value of the change, the one before. */
const ONLY = 'only';

/**
 * Arguments: the file with the data, or `-`, and the program `ip` with the options of its host. All values are read before
 * the first of them is set. Answers `taken-back` and a JSON object.
 */
export const TAKE_BACK_LINKS = `
data=$1; shift
[ "$data" = - ] || exec < "$data" || exit 1
mtu_of() { set -- "\${1%% qdisc *}"; printf '%s' "\${1##* mtu }"; }
alias_of() { case $1 in *'\\    alias '*) set -- "\${1#*'\\    alias '}"; printf '%s' "\${1%%'\\    '*}";; esac; }
choose() {
  kept= back=0
  while IFS= read -r line; do
    if [ "$line" = ${ONLY} ]; then
      IFS= read -r name && IFS= read -r field && IFS= read -r link && IFS= read -r ours && IFS= read -r before &&
        IFS= read -r line || return 1
      seen=$("$@" -o link show dev "$link" 2>/dev/null)
      case $field in mtu) found=$(mtu_of "$seen");; *) found=$(alias_of "$seen");; esac
      if [ -z "$seen" ]; then kept="$kept,$name"; continue; fi
      if [ "$found" != "$ours" ]; then
        [ "$found" = "$before" ] || kept="$kept,$name"
        continue
      fi
    fi
    back=$((back + 1))
    printf '%s\\n' "$line"
  done
  printf '# {"back":%s,"kept":[%s]}\\n' "$back" "\${kept#,}"
}
chosen=$(choose "$@") || exit 1
result=\${chosen##*'# '}
printf '%s\\n' "\${chosen%'# '*}" | "$@" -force -batch - > /dev/null 2>&1
[ "$?" -le 1 ] || exit 1
printf '${DONE} %s\\n' "$result"
`;

function textOf({ line, only }: BackLine): string {
  if (only === undefined) return line;
  const { link, field, ours, before } = only;
  return [
    ONLY,
    JSON.stringify(`${link} ${field === 'alias' ? 'description' : field}`),
    field,
    link,
    ours,
    before,
    line,
  ].join('\n');
}

/** The data of a take-back. Throws for a value that would be several lines: an error of the caller. */
export function linksFile({ lines }: LinkTakeBack): string {
  for (const { line, only } of lines)
    if ([line, only?.ours ?? '', only?.before ?? ''].some((text) => /[\n\r\0]/u.test(text)))
      throw new Error('a command of a batch has several lines');
  return `${lines.map(textOf).join('\n')}\n`;
}

/** The arguments of the program. `data`: its file, or `-` for the standard input; `ip`: its path. */
export function linksArguments(data: string, ip: string, takeBack: LinkTakeBack): readonly string[] {
  return [data, ip, ...ipArguments(takeBack, [])];
}
