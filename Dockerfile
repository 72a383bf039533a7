# The image of every machine of a cluster, see docs/clouds.md. torch with CUDA, which runs on CPUs
# too; --build-arg TORCH_INDEX=URL, with the URL of PyTorch's CPU index, makes a smaller one.
FROM python:3.11-slim

# Ray's autoscaler reaches the other machines from inside of the head's container.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openssh-client rsync tmux wget \
    && rm -rf /var/lib/apt/lists/*

ARG TORCH_INDEX=
COPY . /src
# boto3, by which the head asks AWS for machines, needs an older python-dateutil.
RUN grep -v '^python-dateutil==' /src/constraints.txt > /tmp/constraints.txt \
    && pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
        -c /tmp/constraints.txt "/src[cluster]" \
    && rm -rf /src /tmp/constraints.txt

RUN useradd --create-home --uid 1000 recsae \
    && install --directory --owner recsae /mnt/cache
USER recsae
WORKDIR /home/recsae
ENV RECSAE_CACHE=/mnt/cache
