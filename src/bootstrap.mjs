/** The first file that runs: it refuses a Node that is too old, then opens the door asked for. */
// Nothing here may be newer than Node 12 can parse, and nothing modern may be imported before the
// version is known: an old Node must answer with a sentence, not with a SyntaxError.
var parts = process.versions.node.split('.');
var tooOld = Number(parts[0]) < 20 || (Number(parts[0]) === 20 && Number(parts[1]) < 19);

if (tooOld) {
  process.stderr.write(
    'Leyden needs Node.js 20.19 or newer; this is ' + process.versions.node + '.\n',
  );
  if (/^test/.test(process.argv[2] || '')) process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
} else {
  import('./bootstrap/doors.mjs').then(function (doors) {
    return doors.open(process.argv[2], process.argv.slice(3));
  });
}
