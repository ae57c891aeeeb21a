// Which network addresses we may talk to: only global unicast, judged on numbers. Opens nothing itself (security.md F01–F05).
import { isIP } from 'node:net'

/** Special-purpose IPv4 blocks (IANA registry): [first address, prefix length]. Everything else below 224/3 is global unicast. */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3]
]

const SPECIAL_IPV4_RANGES = SPECIAL_IPV4.map(([first, length]) => ({ first: ipv4Number(first), size: 2 ** (32 - length) }))

/** True for an address of the public internet. IPv4 hidden in IPv6 (mapped, NAT64, 6to4) is judged as the IPv4 it is. */
export function isGlobalUnicast(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return isGlobalIpv4(ipv4Number(address))
  if (family === 6 && !address.includes('%')) return isGlobalIpv6(ipv6Groups(address))
  return false
}

/** True for this machine's own addresses, which only an instance that is itself on http://localhost may talk to. */
export function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.')
  return isIP(address) === 6 && ipv6Groups(address).every((group, at) => group === (at === 7 ? 1 : 0))
}

function isGlobalIpv4(number: number): boolean {
  return !SPECIAL_IPV4_RANGES.some((range) => number >= range.first && number < range.first + range.size)
}

function isGlobalIpv6(groups: number[]): boolean {
  const [first, second, third, fourth, fifth, sixth, seventh, eighth] = groups as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number
  ]
  const embedded = (high: number, low: number): boolean => isGlobalIpv4(high * 65536 + low)
  const startsWithZeros = (count: number): boolean => groups.slice(0, count).every((group) => group === 0)
  if (startsWithZeros(5) && sixth === 0xffff) return embedded(seventh, eighth)
  if (first === 0x64 && second === 0xff9b && third === 0 && fourth === 0 && fifth === 0 && sixth === 0) return embedded(seventh, eighth)
  if (first < 0x2000 || first > 0x3fff) return false
  if (first === 0x2001 && second < 0x200) return false
  if (first === 0x2001 && second === 0xdb8) return false
  if (first === 0x2002) return embedded(second, third)
  return !(first === 0x3fff && second < 0x1000)
}

function ipv4Number(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

/** The eight groups of an address that isIP() accepted. */
function ipv6Groups(address: string): number[] {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const text = dotted === null ? address : `${dotted[1]}${hexPair(ipv4Number(dotted[2]!))}`
  const [head = '', tail] = text.split('::')
  const groupsOf = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  if (tail === undefined) return groupsOf(head)
  const before = groupsOf(head)
  const after = groupsOf(tail)
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function hexPair(number: number): string {
  return `${Math.floor(number / 65536).toString(16)}:${(number % 65536).toString(16)}`
}
