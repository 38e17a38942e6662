# Rasa with our components, serving the trained model. Python 3.10: Rasa 3.6 runs on no later one.
FROM python:3.10-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --home-dir /home/rasa rasa
WORKDIR /app/nlu
COPY requirements/nlu.txt /app/requirements/nlu.txt
RUN pip install --no-cache-dir --require-hashes -r /app/requirements/nlu.txt
ENV RASA_TELEMETRY_ENABLED=false PYTHONUNBUFFERED=1 MPLCONFIGDIR=/tmp HOME=/tmp
COPY nlu /app/nlu
# Trained while the image is built: the same data and the same arithmetic as the model in the repository.
RUN rasa train nlu --quiet && chown -R rasa models
USER rasa
EXPOSE 5005
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:5005/status?token=' + os.environ['RASA_TOKEN'], timeout=5)"]
# No debug logging: Rasa would print people's words. Without a token its /conversations routes are open.
CMD ["sh", "-c", "exec rasa run --enable-api --interface 0.0.0.0 --port 5005 --logging-config-file logging.yml --auth-token \"${RASA_TOKEN:?set RASA_TOKEN in .env}\""]
