/** Debug. */
import { it } from '@jest/globals';
import { openFleetScene } from './fleet-kit.js';
it('debug', async () => {
  const scene = await openFleetScene();
  const [one, other] = await scene.nodes(2);
  if (!one || !other) throw new Error('x');
  console.log(await one.word('/kept/a'));
  console.log(await other.word('/kept/a'), await other.word('/kept/a'), scene.origin.countOf('/kept/a'));
  console.log(JSON.stringify(await one.purge({ type: 'all', mode: 'delete', wait: 'cluster' })));
  for (let i = 0; i < 4; i += 1) console.log('other', await other.word('/kept/a'), 'one', await one.word('/kept/a'), scene.origin.countOf('/kept/a'));
  const page = await fetch(`http://127.0.0.1:${other.running.operationsPort}/metrics`, { headers: { accept: 'text/plain' } });
  console.log((await page.text()).split('\n').filter((l) => /^leyden_(fleet|second|bus|lease|purge)/.test(l)).join('\n'));
  console.log(other.running.lines().join('\n'));
  await scene.close();
}, 60000);
