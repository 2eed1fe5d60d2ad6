# Odoo 19 with the suite's addons. One image for the server and for the gateway; compose.yaml says which command runs where.
FROM odoo:19

USER root
COPY requirements.txt /tmp/requirements.txt
# The image brings requests and cryptography from its distribution, matched to Odoo's other libraries: only the rest is added.
RUN grep -E '^(paho|jsonschema)' /tmp/requirements.txt > /tmp/missing.txt \
    && pip3 install --no-cache-dir --no-deps --break-system-packages -r /tmp/missing.txt \
    && rm /tmp/requirements.txt /tmp/missing.txt
COPY bootstrap/container-entrypoint.sh /usr/local/bin/container-entrypoint
COPY addons /mnt/extra-addons
USER odoo

ENTRYPOINT ["container-entrypoint"]
CMD ["odoo"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8069/web/health', timeout=4)"]
