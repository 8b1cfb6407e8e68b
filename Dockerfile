# The image: what `npm run build` makes, and Node.js, on a plain Debian. `npm run image` builds it; docs/deployment.md tells how to run it.
# The bases are arguments, and by default the stages that name them: Dependabot updates a name after FROM, but none after ARG.
ARG BUILD_IMAGE=node
ARG BASE_IMAGE=debian
FROM docker.io/library/node:24.21.0-bookworm-slim AS node
FROM docker.io/library/debian:12.12-slim AS debian

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
COPY scripts/install-hooks.mjs scripts/
RUN npm ci
COPY . .
# The Node.js of the lock, with which the tests run; nothing of npm.
RUN npm run build && cp node_modules/node-linux-*/bin/node /usr/local/bin/node-of-lock

FROM ${BASE_IMAGE}
COPY --from=build /usr/local/bin/node-of-lock /usr/local/bin/node
COPY --from=build /src/dist /app
# Nothing in here is this user's: a program that is taken over can change none of it.
USER 10001:10001
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=16"]
CMD ["monolith.js"]
