// Prints all tickets, 100 a page.
//
// Usage: node list-fetch.mjs ADDRESS

const [server] = process.argv.slice(2);
for (let offset = 0, total = 1; offset < total;) {
  const response = await fetch(`${server}/api/ticketrz?limit=100&offset=${offset}`, {
    headers: { 'Authorization': 'Bearer YOUR_TOKEN' }
  });
  const page = await response.json();
  for (const row of page.data) {
    console.log(JSON.stringify(row));
  }
  offset += page.data.length;
  total = page.total;
}
