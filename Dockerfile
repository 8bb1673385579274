# The command line and the sandbox, without a compiler and without root.
#
#     docker build -t joseal .
#     docker run --rm joseal demo
#     docker run --rm -v "$PWD":/work -w /work joseal encrypt --help
FROM python:3.13-slim AS build
COPY pyproject.toml README.md LICENSE /src/
COPY src /src/src
RUN python -m venv /opt/joseal \
    && /opt/joseal/bin/pip install --no-cache-dir --disable-pip-version-check '/src[cli,sandbox,pkcs11]' \
    && /opt/joseal/bin/python -m compileall -q /opt/joseal/lib

FROM python:3.13-slim
COPY --from=build /opt/joseal /opt/joseal
RUN useradd --create-home --uid 10001 joseal
USER joseal
WORKDIR /home/joseal
ENTRYPOINT ["/opt/joseal/bin/joseal"]
CMD ["--help"]
