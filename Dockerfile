FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 FENGHUO_HOME=/data
RUN useradd --create-home --uid 10001 fenghuo && mkdir -p /data/media && chown -R fenghuo /data
WORKDIR /app
COPY requirements.lock requirements-dev.lock package.json package-lock.json .npmrc run.py manage.py ./
COPY --chown=fenghuo . .
RUN chown fenghuo /app
USER fenghuo
# The same set-up as on any machine: environment, front-end packages, assets, compressed static files.
RUN python run.py manage collectstatic --noinput --verbosity 0
ENTRYPOINT ["/app/.venv/bin/python"]
CMD ["-m", "uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--no-access-log"]
