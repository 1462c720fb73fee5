# The one image of web, worker, beat and set-up; see compose.yaml.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 VAR_DIR=/data
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
RUN useradd --system --user-group --no-create-home marketing-os \
    && mkdir /data && chown marketing-os: /data
USER marketing-os
VOLUME /data

EXPOSE 8000
CMD ["python", "-m", "gunicorn", "marketing_os.wsgi", "--bind", "0.0.0.0:8000", \
     "--no-control-socket", "--workers", "2", "--threads", "4", "--timeout", "120"]
