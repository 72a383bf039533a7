#!/bin/bash
# A search on the nodes of one Slurm job, see docs/clouds.md:
#   sbatch cluster/slurm.sh NAME SPACE.yaml --dataset ml-100k --trials 64
# The run lies in $RECSAE_STORAGE, which all nodes must reach. Once it is there, the same command,
# or a requeue, goes on with it. GPUs: add --gpus-per-node=1.
#SBATCH --job-name=recsae
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@180
#SBATCH --requeue
#SBATCH --no-kill
set -euo pipefail

name=${1:?usage: sbatch cluster/slurm.sh NAME SPACE.yaml ...}
shift
export RECSAE_STORAGE=${RECSAE_STORAGE:-$HOME/recsae-runs}
# Other users' jobs may share the nodes: a password and a port of this job's own.
export RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(python -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_TOKEN
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed -n 1p)
address=$(hostname -I | cut -d' ' -f1):$((20000 + SLURM_JOB_ID % 10000))
node=(--block --num-cpus="$SLURM_CPUS_PER_TASK" --temp-dir="/tmp/ray.$SLURM_JOB_ID")

started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait' EXIT

ray start --head --node-ip-address="${address%:*}" --port="${address#*:}" --include-dashboard=false "${node[@]}" &
started+=($!)
timeout 120 bash -c "until ray health-check --address $address; do sleep 1; done" 2>/dev/null

if ((SLURM_JOB_NUM_NODES > 1)); then
    # A node that is lost must not end the others.
    srun --nodes=$((SLURM_JOB_NUM_NODES - 1)) --exclude="$head" --kill-on-bad-exit=0 \
        ray start --address="$address" "${node[@]}" &
    started+=($!)
fi

if [[ -e $RECSAE_STORAGE/$name/search.yaml ]]; then
    set -- --resume "$name"
else
    set -- "$@" --name "$name"
fi
recsae tune "$@" --address "$address" &
search=$!
started+=("$search")

# Slurm sends SIGTERM before the time is up: the search ends as by Ctrl-C and can be resumed.
told=
trap 'told=yes; kill -TERM "$search"' TERM
code=0
wait "$search" || code=$?
if [[ $told ]]; then
    code=0
    wait "$search" || code=$?
fi
exit "$code"
