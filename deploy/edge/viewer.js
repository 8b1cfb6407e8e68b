// Runs at CloudFront for each request, in its own JavaScript. Who asks is said here and nowhere else, whatever the client sends.
function handler(event) {
  var request = event.request;
  request.headers['true-client-ip'] = { value: event.viewer.ip };
  return request;
}
