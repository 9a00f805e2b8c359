# Three images: docker build --target proxy .   and the same with classifier and console.
# BASE is any image with Python 3.11 or newer and its venv module.
ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
# For an index of your own, and the authority that it is verified against.
ARG PIP_INDEX_URL
ARG PIP_CERT
WORKDIR /source
COPY . .
RUN python3 -m venv /build \
    && python3 -m venv --without-pip /opt/assay \
    && grep -E '^(hatchling|packaging|pathspec|pluggy|trove-classifiers)==' requirements/lock.txt > /build/tools.txt \
    && /build/bin/pip install --quiet --no-cache-dir --no-deps -r /build/tools.txt \
    && /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /build/wheels .

FROM build AS build-proxy
RUN /build/bin/pip --python /opt/assay/bin/python install --quiet --no-cache-dir --no-deps \
    -r requirements/proxy.txt /build/wheels/*.whl

FROM build AS build-classifier
RUN /build/bin/pip --python /opt/assay/bin/python install --quiet --no-cache-dir --no-deps \
    -r requirements/classifier.txt /build/wheels/*.whl

FROM build AS build-console
RUN /build/bin/pip --python /opt/assay/bin/python install --quiet --no-cache-dir --no-deps \
    -r requirements/console.txt /build/wheels/*.whl

# No compiler and no network is needed from here on; the root may be read-only.
FROM ${BASE} AS runtime
ENV PATH=/opt/assay/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    HOME=/var/lib/assay \
    ASSAY_LEDGER__PATH=/var/lib/assay/usage.db \
    ASSAY_PROXY__CONFDIR=/var/lib/assay/ca
RUN install -d -o 10001 -g 10001 -m 700 /var/lib/assay
# By number, so that Kubernetes too can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/assay
VOLUME /var/lib/assay
STOPSIGNAL SIGTERM
ENTRYPOINT ["assay"]

FROM runtime AS proxy
COPY --from=build-proxy /opt/assay /opt/assay
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8080), 4).close()"]
CMD ["proxy", "--listen", "0.0.0.0:8080"]

FROM runtime AS classifier
COPY --from=build-classifier /opt/assay /opt/assay
# Read by the check below, and by nobody outside while the address is a loopback one.
ENV ASSAY_CLASSIFIER__METRICS=127.0.0.1:9465
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9465/metrics', timeout=15).close()"]
CMD ["classify"]

FROM runtime AS console
COPY --from=build-console /opt/assay /opt/assay
EXPOSE 8090
# Unhealthy while it waits for its sign-in or for the ledger: its log says which.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8090), 4).close()"]
CMD ["console", "--wait", "--listen", "0.0.0.0:8090"]
