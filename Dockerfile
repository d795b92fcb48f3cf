# Debian, not Alpine: the Temporal SDK and Chromium need glibc.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc .puppeteerrc.cjs ./
RUN npm ci
COPY tsconfig.json ./
COPY src src
COPY workflows workflows
COPY activities activities
COPY workers workers
COPY scripts scripts
COPY test test
RUN npx tsc -p . && node dist/scripts/bundle-workflows.js && node dist/scripts/bundle-verifier.js

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="DefendableCloud" org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell fonts-noto-core tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc .puppeteerrc.cjs ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY --from=build /app/dist dist
ENV NODE_ENV=production STRIPE_SUPPRESS_NOTICES=true WORKFLOW_BUNDLE=/app/dist/workflow-bundle.js
USER node
ENTRYPOINT ["tini", "--", "node"]
CMD ["dist/src/main.js"]
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.PORT||3000)+'/livez').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
