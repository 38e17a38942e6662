# The bot: Python, its pinned libraries, the answers and the trained model. Needs no Rasa.
FROM python:3.13-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends openssh-client fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --home-dir /home/helpline helpline
WORKDIR /app
COPY requirements/bot.txt requirements/bot.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/bot.txt
COPY nlu/__init__.py nlu/__init__.py
COPY nlu/recogniser nlu/recogniser
COPY nlu/model nlu/model
COPY bot bot
COPY responses responses
RUN python -m compileall -q bot nlu && mkdir /data /key && chown helpline /data /key
USER helpline
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HELPLINE_DATA=/data HELPLINE_KEY_FILE=/key/helpline.key HELPLINE_WEBHOOK_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["python", "-m", "bot", "health"]
CMD ["python", "-m", "bot", "telegram"]
