// Names that a user could choose in order to have another user's browser run something. Each tries
// to set window.pwned, to load something from elsewhere, or to break out of where text belongs.

export const payloads = [
  '<script>window.pwned=1</script>',
  '<img src=x onerror="window.pwned=1">',
  '"><svg onload="window.pwned=1">',
  "'><iframe srcdoc='<script>parent.pwned=1</script>'>",
  'javascript:window.pwned=1',
  '</title></style></textarea><script>window.pwned=1</script>',
  '<a href="javascript:window.pwned=1" id=x>click</a>',
  '{{constructor.constructor("window.pwned=1")()}}',
  '${window.pwned=1}',
  '<link rel=stylesheet href=http://example.invalid/x.css>',
  '<meta http-equiv=refresh content="0;url=http://example.invalid/">',
  '<base href=http://example.invalid/>',
  '<form action=http://example.invalid/><input autofocus onfocus=window.pwned=1>',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.pwned=1>',
  '&lt;script&gt;window.pwned=1&lt;/script&gt;',
  '../../../etc/passwd?x=%00#"onmouseover=window.pwned=1 ',
  '__proto__',
  'constructor',
  '\u202egnp.exe\u2066<b onmouseover=window.pwned=1>\u2069',
  'a\u0000b\u0007c\u001b[31mred\u001b]8;;http://example.invalid/\u0007link',
  `${'W'.repeat(600)}`,
  `${'<'.repeat(200)}${'漢字🧵'.repeat(40)}`,
];
