# The web process, and every command of manage.py, in an image without pip, compiler or root.
FROM python:3.11.15-slim-bookworm@sha256:d29f48a31a8b408ed19272ca1e7b10ebae13b240a27e862d3d4217c528e2e0c3 AS build

WORKDIR /srv/chat
COPY requirements.lock .
# Wheels only: nothing is compiled, and whatever is not the file that was locked ends the build.
RUN python -m venv --without-pip /opt/chat \
    && python -m pip --python /opt/chat/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --only-binary :all: --requirement requirements.lock
COPY manage.py pyproject.toml ./
COPY chatapp chatapp
COPY templates templates
COPY static static
# The root of the image is read-only when it runs, so bytecode is written now.
RUN /opt/chat/bin/python -m compileall -q --invalidation-mode unchecked-hash chatapp

FROM python:3.11.15-slim-bookworm@sha256:d29f48a31a8b408ed19272ca1e7b10ebae13b240a27e862d3d4217c528e2e0c3

COPY --from=build /opt/chat /opt/chat
COPY --from=build /srv/chat /srv/chat
# A volume that is put over a folder begins with its owner.
RUN python -m pip uninstall --yes --quiet setuptools wheel pip \
    && install -d -m 0750 -o 10001 -g 10001 /srv/chat/var
ENV PATH=/opt/chat/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv/chat
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
# What a proxy says of a visitor is believed only with --proxy-headers, which docker-compose.yml adds.
CMD ["daphne", "-v", "0", "-b", "0.0.0.0", "-p", "8000", "chatapp.asgi:application"]
