import { BlockList, isIP } from 'node:net';

/** Not for the public internet, or metadata of a cloud: the special-purpose registry of IANA, and 168.63.129.16 of Azure. */
const CLOSED_IPV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8',
  '100.64.0.0/10', // carriers
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16', // link-local
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24', // documentation
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24', // relays of 6to4
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
];

/** Of IPv6 only global unicast is open, so loopback, link-local, unique local, mapped, NAT64 and multicast are closed. */
const OPEN_IPV6 = '2000::/3';
/** Special within it. */
const CLOSED_IPV6 = [
  '2001::/23', // protocol assignments, Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: any IPv4 address hides in it
  '2620:4f:8000::/48',
  '3ffe::/16',
  '3fff::/20', // documentation
];

const closed = new BlockList();
for (const subnet of CLOSED_IPV4) add(closed, subnet, 'ipv4');
for (const subnet of CLOSED_IPV6) add(closed, subnet, 'ipv6');
const open = new BlockList();
add(open, OPEN_IPV6, 'ipv6');

/** Whether a numeric address belongs to the public internet. Everything that is no plain address does not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closed.check(address, 'ipv4');
    case 6:
      return !address.includes('%') && open.check(address, 'ipv6') && !closed.check(address, 'ipv6');
    default:
      return false;
  }
}

function add(list: BlockList, subnet: string, family: 'ipv4' | 'ipv6'): void {
  const [net = '', bits] = subnet.split('/');
  list.addSubnet(net, Number(bits), family);
}
