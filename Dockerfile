# Reps for a server of your own. Everything it keeps is in the volume /data; the rest may be read-only:
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -v reps:/data -e DISCORD_TOKEN reps

FROM python:3.13-slim AS packages
COPY requirements.lock /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r /requirements.lock

FROM python:3.13-slim
# libfribidi0 lays out names written from right to left; the client's programs copy a PostgreSQL database.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libfribidi0 postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data reps \
    && install -d -o reps -g reps /data
COPY --from=packages /venv /venv
COPY bot /app/bot
COPY cogs /app/cogs
COPY data /app/data
RUN python -m compileall -q /app/bot /app/cogs
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    REPS_DATA_DIR=/data \
    REPS_LOG_FORMAT=json \
    REPS_PROBE_PORT=8080
USER 10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"REPS_PROBE_PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
# Brings the database up to date first, after a copy into /data/backups, where a back-up goes every day, too.
CMD ["run"]
