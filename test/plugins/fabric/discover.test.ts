/** Manifests of existing objects: without defaults and noise, so that adopting them changes nothing. */

import { describe, expect, it } from 'vitest';
import { clusterProject, manifest } from './cluster.ts';

const VPC = 'vpc.githedgehog.com/v1beta1';

describe('import --all', () => {
  it('writes manifests that adopt what exists, and change nothing', async () => {
    const project = await clusterProject({
      'desired/a.yaml': manifest('IPv4Namespace', 'default', '{ subnets: [10.10.0.0/16] }'),
    });
    await project.run('apply --yes');
    const metadata = { name: 'vpc-1', namespace: 'default', labels: { team: 'net', 'fabric.githedgehog.com/x': 'y' } };
    const spec = { subnets: { default: { subnet: '10.10.1.0/24', vlan: 1001 } } };
    await project.edit('POST', 'vpcs', 'kubectl-client-side-apply', { apiVersion: VPC, kind: 'VPC', metadata, spec });
    const { stdout, stderr } = await project.run('import --all --plugin fabric');
    // The webhook filled in both namespaces, which belong to no manager.
    expect(stdout.slice(stdout.indexOf('apiVersion'))).toBe(`apiVersion: vpc.githedgehog.com/v1beta1
kind: VPC
metadata:
  name: vpc-1
  namespace: default
  labels:
    team: net
spec:
  subnets:
    default:
      subnet: 10.10.1.0/24
      vlan: 1001
`);
    expect(stderr).toContain('1');
    project.write({ 'desired/imported.yaml': stdout });
    await project.run('apply --yes --until-settled');
    expect((await project.plan()).resource_changes).toEqual([]);
    await project.run('drift');
  });

  it('passes over what controllers write, with the reason', async () => {
    const project = await clusterProject({});
    const spec = { subnets: ['10.10.0.0/16'] };
    const object = {
      apiVersion: VPC,
      kind: 'IPv4Namespace',
      metadata: { name: 'default', namespace: 'default' },
      spec,
    };
    await project.edit('POST', 'ipv4namespaces', 'hh-manager', object);
    const { stdout, stderr } = await project.run('import --all --plugin fabric');
    expect(stdout).toBe('');
    expect(stderr).toContain('fabric/IPv4Namespace/prod/default/default: is written by controllers alone');
  });
});
