// Somebody's server for webhooks that can be killed with -9: what it has said yes to is in the file TAKEN, a message id a line.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { PORT, TAKEN } = process.env;

createServer((request, response) => {
  request.resume().on('end', () => {
    appendFileSync(TAKEN!, `${String(request.headers['webhook-id'])}\n`);
    response.writeHead(204).end();
  });
}).listen(Number(PORT), '127.0.0.1');
