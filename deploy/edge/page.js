// Runs at CloudFront for each request of the web app: every address that is no file is its one page.
function handler(event) {
  var request = event.request;
  if (!/\.[\w-]+$/.test(request.uri)) request.uri = '/index.html';
  return request;
}
