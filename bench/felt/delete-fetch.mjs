// Deletes the tickets of a file one after the other, in the manner of the code that vendors print.
//
// Usage: node delete-fetch.mjs ADDRESS FILE

import { readFileSync } from 'node:fs';

const [server, path] = process.argv.slice(2);
for (const ticket of readFileSync(path, 'utf8').trim().split('\n')) {
  const response = await fetch(`${server}/api/ticketrz/${ticket}`, {
    method: 'DELETE',
    headers: { 'Authorization': 'Bearer YOUR_TOKEN' }
  });
  console.log(ticket, response.status, await response.json());
}
