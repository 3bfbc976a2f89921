# One image for web, worker and beat. Debian slim: scikit-learn has no wheel for musl.
FROM python:3.12-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONFAULTHANDLER=1 PIP_NO_CACHE_DIR=1 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PATH=/opt/preceptor/bin:$PATH
WORKDIR /srv/preceptor
RUN python3 -m venv /opt/preceptor
COPY requirements.lock .
RUN pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY matching matching
COPY mentorship mentorship
COPY webapp webapp
COPY worker worker
RUN pip install --no-deps --no-build-isolation . \
    && useradd --system --uid 10001 --no-create-home preceptor \
    && install --directory --owner 10001 /mailbox \
    && python -m compileall -q /opt/preceptor/lib
# The installed packages are what runs, not the copies that they were built from.
WORKDIR /
USER 10001
EXPOSE 8000
CMD ["gunicorn", "webapp.wsgi:app", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--graceful-timeout", "25", "--worker-tmp-dir", "/dev/shm", \
     "--no-control-socket", "--config", "python:webapp.serving"]
