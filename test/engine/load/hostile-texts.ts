/** Texts that kill parsers, each with the codes that it can end as. */

export interface HostileText {
  readonly name: string;
  readonly make: () => string | Buffer;
  /** The codes of which at least one must be among the problems. */
  readonly codes: readonly string[];
}

const MB = 1024 * 1024;
const SIZE = 8 * MB - 64;

function fill(piece: string, before = '', after = ''): string {
  return before + piece.repeat(Math.floor((SIZE - before.length - after.length) / Buffer.byteLength(piece))) + after;
}

function lines(count: number, make: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => make(index)).join('');
}

/** The codes of a text that is read up to a limit: the costly ones. */
export const few = ['too-many-values', 'yaml-syntax', 'not-a-mapping', 'too-many-problems'];

function hostile(name: string, codes: readonly string[], make: () => string | Buffer): HostileText {
  return { name, codes, make };
}

export const hostileTexts: readonly HostileText[] = [
  hostile('60 MB', ['too-large'], () => Buffer.alloc(60 * MB, 'a: b\n')),
  hostile('one byte over the limit', ['too-large'], () => Buffer.alloc(8 * MB + 1, '#')),
  hostile('1,500 nested [', ['too-deep'], () => '['.repeat(1_500)),
  hostile('4,000 nested [ that are closed', ['too-deep'], () => '['.repeat(4_000) + ']'.repeat(4_000)),
  hostile('8 MB of nested [', ['too-deep'], () => fill('[')),
  hostile('8 MB of nested {', ['too-deep'], () => fill('{')),
  hostile('8 MB of nested {a:', ['too-deep'], () => fill('{a: ')),
  hostile('8 MB of [{', ['too-deep'], () => fill('[{')),
  hostile(
    'nested [ behind quotes and comments',
    ['too-deep'],
    () => `a: "]]]]" # ]]]]\nb: ${"['#]]', ".repeat(2_000)}`,
  ),
  hostile('nested [ as keys', ['too-deep'], () => `${'['.repeat(100)}${']: x'.repeat(100)}`),
  hostile('100,000 block sequences by indentation', ['too-deep'], () => lines(4_000, (i) => `${' '.repeat(i)}-\n`)),
  hostile('block maps by indentation', ['too-deep'], () => lines(4_000, (i) => `${' '.repeat(i)}a:\n`)),
  hostile('100,000 - on one line', ['too-deep'], () => '- '.repeat(100_000)),
  hostile('8 MB of - on one line', ['too-deep'], () => fill('- ')),
  hostile('8 MB of ? on one line', ['too-deep'], () => fill('? ')),
  hostile('8 MB of : on one line', ['too-deep'], () => fill(': ')),
  hostile(
    '20,000 anchors and aliases',
    ['too-many-anchors'],
    () => `a:\n${lines(20_000, (i) => ` - &a${i} x\n - *a${i}\n`)}`,
  ),
  hostile('8 MB of aliases', ['too-many-aliases'], () => fill(' - *a\n', 'a: &a x\nb:\n')),
  hostile('8 MB of anchors', ['too-many-anchors'], () => fill('&a ')),
  hostile('anchors on one node', ['too-many-anchors'], () => `a: ${'&a '.repeat(5_000)}x`),
  hostile(
    'an alias bomb of lists',
    ['too-many-values'],
    () => `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${lines(9, (i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]\n`)}`,
  ),
  hostile(
    'an alias bomb of maps',
    ['too-many-values'],
    () => `a0: &a0 {a: x, b: x}\n${lines(45, (i) => `a${i + 1}: &a${i + 1} {a: *a${i}, b: *a${i}}\n`)}`,
  ),
  hostile(
    'an alias bomb in depth',
    ['too-deep'],
    () => `a0: &a0 ${'['.repeat(60)}${']'.repeat(60)}\n${lines(50, (i) => `a${i + 1}: &a${i + 1} [[[*a${i}]]]\n`)}`,
  ),
  hostile('an alias to itself', ['yaml-syntax'], () => 'a: &a [*a]\n'),
  hostile('a million blank lines', ['blank-run'], () => `a: b\n${'\n'.repeat(1_000_000)}`),
  hostile('8 MB of blank lines', ['blank-run'], () => fill('\n')),
  hostile('8 MB of blank lines with CRLF', ['blank-run'], () => fill('\r\n', 'a:\r\n')),
  hostile('8 MB of CR', ['yaml-syntax'], () => fill('\r', 'a: b')),
  hostile('8 MB of lines of blanks', ['blank-run'], () => fill('   \n', 'a: b\n')),
  hostile('blank lines in a block scalar', ['blank-run'], () => fill('\n', 'a: |\n  x\n', '  y\n')),
  hostile('blank lines in quotes', ['blank-run'], () => fill('\n', 'a: "', '"')),
  hostile('runs of blank lines below the limit', ['too-large'], () => fill(`${'\n'.repeat(999)}a\n`, 'a:\n')),
  hostile('8 MB of lines of a block scalar', ['too-large'], () => fill(' x\n', 'a: |\n')),
  hostile('8 MB of lines of a folded scalar', ['too-large'], () => fill(' x\n', 'a: >\n')),
  hostile('8 MB of lines in quotes', ['too-large'], () => fill(' x\n', 'a: "', ' "')),
  hostile('8 MB of lines of a plain scalar', ['too-large'], () => fill(' x\n', 'a: x\n')),
  hostile('8 MB of -', ['too-large'], () => fill('-')),
  hostile('8 MB of - lines', few, () => fill('-\n')),
  hostile('8 MB of - a lines', few, () => fill('- a\n')),
  hostile('8 MB of ? lines', few, () => fill('?\n')),
  hostile('8 MB of : lines', few, () => fill(':\n')),
  hostile('8 MB of [,', ['too-deep'], () => fill('[,')),
  hostile('8 MB of commas in a list', few, () => fill(',', '[', ']')),
  hostile('8 MB of items in a list', few, () => fill('1,', 'a: [', ']')),
  hostile('8 MB of pairs in a list', few, () => fill('a: b,', 'a: [', ']')),
  hostile('8 MB of ---', few, () => fill('---\n')),
  hostile('8 MB of --- x', few, () => fill('--- x\n')),
  hostile('8 MB of ...', few, () => fill('...\n')),
  hostile('8 MB of small documents', few, () => fill('---\na: b\n')),
  hostile('large lists, document by document', few, () => fill(`---\n${'- a\n'.repeat(90_000)}`)),
  hostile('large maps, document by document', few, () => fill(`---\n${lines(40_000, (i) => `k${i}: a\n`)}`)),
  hostile('8 MB of a:', few, () => fill('a:\n')),
  hostile('8 MB of unlike keys', few, () => lines(600_000, (i) => `k${i}: a\n`)),
  hostile('8 MB of unlike keys on one line', few, () => `{${lines(600_000, (i) => `k${i}: a,`)}}`),
  hostile(
    '60,000 keys, each of them twice',
    ['duplicate-key'],
    () => `a:\n${lines(40_000, (i) => ` k${i % 20_000}: a\n`)}`,
  ),
  hostile('8 MB of double quotes', few, () => fill('"')),
  hostile('8 MB of single quotes', ['too-large'], () => fill("'", "a: '")),
  hostile('8 MB of quotes in turn', few, () => fill(`"'`)),
  hostile('8 MB of "\\n', few, () => fill('"\n')),
  hostile("8 MB of '\\n", few, () => fill("'\n")),
  hostile('8 MB of escapes', ['too-large'], () => fill('\\q', 'a: "', '"')),
  hostile('8 MB of backslashes', ['too-large'], () => fill('\\', 'a: "', 'x')),
  hostile('8 MB of closing brackets', few, () => fill(']')),
  hostile('8 MB of closing braces in a map', few, () => fill('}\n', 'a: b\n')),
  hostile('8 MB of comment lines', few, () => fill('#\n')),
  hostile('8 MB of comment lines in a map', few, () => fill(' # x\n', 'a:\n')),
  hostile('8 MB of | lines', ['too-large'], () => fill('|\n')),
  hostile('8 MB of a: |', few, () => fill('a: |\n')),
  hostile('8 MB of - >', few, () => fill('- >\n')),
  hostile('a plain scalar of 8 MB', ['too-large'], () => fill('x')),
  hostile('a plain scalar of 8 MB of digits', ['too-large'], () => fill('9')),
  hostile('hexadecimal digits of 8 MB', ['too-large'], () => fill('f', '0x')),
  hostile('a number of 8 MB with a point', ['too-large'], () => fill('9', 'a: 1.')),
  hostile('a quoted scalar of 8 MB', ['too-large'], () => fill('x', '"', '"')),
  hostile('a value of 8 MB', ['too-large'], () => fill('x', 'kind: ')),
  hostile('a value of 8 MB of blanks', ['too-large'], () => fill(' ', 'kind: "', '"')),
  hostile('a key of 8 MB', ['too-large'], () => fill('x', '', ': a')),
  hostile('an explicit key of 8 MB', ['too-large'], () => fill('x', '? ', '\n: a')),
  hostile('8 MB of tabs', ['too-large'], () => fill('\t', 'a:\n', 'b: c')),
  hostile('8 MB of lines with tabs', ['too-large'], () => fill('\ta\n', 'a:\n')),
  hostile('8 MB of tags', few, () => fill('!a ')),
  hostile('8 MB of unknown tags', few, () => fill('- !a b\n')),
  hostile('a tag of 8 MB', ['too-large'], () => fill('x', 'a: !', ' b')),
  hostile('8 MB of directives', ['yaml-syntax'], () => fill('%TAG ! x\n')),
  hostile('8 MB of %YAML 1.2', few, () => fill('%YAML 1.2\n')),
  hostile('8 MB of byte order marks', ['too-large'], () => fill('\ufeff')),
  hostile('8 MB of <<', few, () => fill('<<: {}\n')),
  hostile('8 MB of __proto__', few, () => fill('__proto__: {}\n')),
  hostile(
    '__proto__ at every level',
    ['forbidden-key'],
    () => `${lines(60, (i) => `${' '.repeat(i)}__proto__:\n`)}${' '.repeat(60)}polluted: yes\n`,
  ),
  hostile('8 MB of NUL', ['binary'], () => Buffer.alloc(SIZE)),
  hostile('a NUL in the middle', ['binary'], () => 'a: b\nc: \0\n'),
  hostile('8 MB of control characters', ['binary'], () => fill('\u0001')),
  hostile('the marks of the lexer', ['binary'], () => 'a: \u001f\u0002\u0018\n'),
  hostile('UTF-16 little endian', ['utf-16'], () =>
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a: b\n', 'utf16le')]),
  ),
  hostile('UTF-16 big endian', ['utf-16'], () =>
    Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from('a: b\n', 'utf16le').swap16()]),
  ),
  hostile('UTF-16 without a mark', ['binary'], () => Buffer.from('a: b\n', 'utf16le')),
  hostile('UTF-32', ['not-utf8'], () => Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0])),
  hostile('8 MB of invalid UTF-8', ['not-utf8'], () => Buffer.alloc(SIZE, 0xff)),
  hostile('invalid UTF-8 at the end of 8 MB', ['not-utf8'], () =>
    Buffer.concat([Buffer.from(fill('# x\n')), Buffer.from([0xc3])]),
  ),
  hostile('an encoded surrogate', ['not-utf8'], () =>
    Buffer.concat([Buffer.from('a: '), Buffer.from([0xed, 0xa0, 0x80])]),
  ),
  hostile('8 MB of emoji', ['too-large'], () => fill('😀')),
  hostile('the most lines that a block scalar may have', ['too-many-values'], () => `|\n${'x\n'.repeat(500_000)}`),
  hostile('the most lines that quotes may have', ['not-a-mapping'], () => `"${'x\n '.repeat(340_000)}"`),
  hostile(
    'scalars of a megabyte',
    ['missing-key'],
    () => `kind: ${'x'.repeat(MB - 64)}\na: "${'y'.repeat(MB - 64)}"\nb: |\n ${'z'.repeat(MB - 64)}\n`,
  ),
  hostile(
    'digits of a megabyte',
    ['wrong-value'],
    () => `kind: ${'9'.repeat(MB - 64)}\nb: 0x${'f'.repeat(MB - 64)}\nc: 1.${'9'.repeat(MB - 64)}\n`,
  ),
  hostile('escapes of a megabyte', ['yaml-syntax'], () => `a: "${'\\q'.repeat(MB / 2 - 64)}"`),
  hostile('a key of a megabyte', ['yaml-syntax'], () => `${'x'.repeat(MB - 64)}: a`),
  hostile('8 MB of emoji lines', few, () => fill('- 😀\n')),
];
