FROM node:20-bookworm-slim AS web
WORKDIR /src/web-example
COPY web-example/package.json web-example/package-lock.json ./
RUN npm ci
# The types of the web example are generated from the schema.
COPY schema.graphql /src/
COPY web-example ./
# The log-in hint is for the demo alone.
RUN VITE_DEMO=false npm run build

FROM rust:1.95-bookworm AS server
WORKDIR /src
COPY . .
# The caches outlive the step, so the program is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked && cp target/release/cabina /usr/local/bin/

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 cabina && install -d -o cabina /app/data
# Outbound calls check certificates against these.
COPY --from=server /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=server /usr/local/bin/cabina /usr/local/bin/
COPY --from=web /src/web-example/dist /app/web
ENV CABINA_LISTEN=0.0.0.0:8080 CABINA_WEB_DIR=/app/web
WORKDIR /app
USER cabina
VOLUME /app/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["cabina", "health"]
ENTRYPOINT ["cabina"]
CMD ["serve"]
