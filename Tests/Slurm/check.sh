#!/bin/bash
# Runs the job files of `avprep slurm` on a real Slurm: one controller and three nodes on this machine, with munge. The shards of
# 1, 2 and 4 tasks have to be those of one process, byte for byte; so have those of 4 tasks of which one lost its node, one was
# requeued, one was warned that its time is over, and all were preempted. Part of the corpus are parts of films, with labels, as a
# manifest names them. At last two tasks train together: by mpirun, or by srun where this Slurm knows PMIx.
#
# Usage: check.sh AVPREP [VIDEOS]. Needs root (a container will do): it starts the daemons itself, and ends them.
set -euo pipefail
avprep=$(readlink -f "$1")
videos=${2:-150}

if ! command -v slurmctld slurmd munged > /dev/null; then
    apt-get update -q && apt-get install -y --no-install-recommends slurm-wlm munge
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/avprep slurm.XXXXXX")   # with a space, as users have it
cd "$work"
cluster=$(mktemp -d "${TMPDIR:-/tmp}/avprep-cluster.XXXXXX")
mkdir -p "$cluster"/{run,log,state,spool/node1,spool/node2,spool/node3}
host=$(hostname -s)
cat > "$cluster/slurm.conf" <<END
ClusterName=avprep
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits until the credentials of its last start have expired: two minutes by default.
AuthInfo=socket=$cluster/run/munge.socket,cred_expire=5
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_res
SelectTypeParameters=CR_Core
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool/%n
SlurmctldPidFile=$cluster/run/slurmctld.pid
SlurmdPidFile=$cluster/run/slurmd.%n.pid
SlurmctldLogFile=$cluster/log/slurmctld.log
SlurmdLogFile=$cluster/log/slurmd.%n.log
SlurmctldTimeout=10
SlurmdTimeout=10
KillWait=5
MinJobAge=3600
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0,bf_interval=2
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=26821 CPUs=2 RealMemory=4096 State=UNKNOWN
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=26822 CPUs=2 RealMemory=4096 State=UNKNOWN
NodeName=node3 NodeHostname=$host NodeAddr=127.0.0.1 Port=26823 CPUs=2 RealMemory=4096 State=UNKNOWN
PartitionName=all Nodes=node1,node2,node3 Default=YES MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=5
PartitionName=urgent Nodes=node1,node2,node3 MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
END
export SLURM_CONF=$cluster/slurm.conf

finish() {
    status=$?
    scancel --user=root 2> /dev/null || true
    sleep 1
    for pid in "$cluster"/run/*.pid; do kill "$(cat "$pid")" 2> /dev/null || true; done
    if [ $status -ne 0 ]; then
        tail -n 20 "$cluster"/log/*.log "$work"/*/jobs/*.log 2> /dev/null || true
        echo "FAILED; see $work and $cluster" >&2
    else
        rm -rf "$work" "$cluster"
    fi
    exit $status
}
trap finish EXIT

dd if=/dev/urandom of="$cluster/munge.key" bs=1024 count=1 status=none
chmod 400 "$cluster/munge.key"
munged --force --key-file="$cluster/munge.key" --socket="$cluster/run/munge.socket" --pid-file="$cluster/run/munged.pid" \
    --log-file="$cluster/log/munged.log" --seed-file="$cluster/munge.seed"
slurmctld
for node in node1 node2 node3; do slurmd -N $node; done
for _ in $(seq 50); do [ "$(sinfo -h -p all -t idle -o %D)" = 3 ] && break; sleep 0.2; done
[ "$(sinfo -h -p all -t idle -o %D)" = 3 ] || { echo "the nodes do not come up" >&2; exit 1; }
echo "$(slurmctld -V): 3 nodes"

# ----- the corpus, and what one process makes of it

mkdir one
cat > one/avprep.yaml <<'END'
corpus:
  paths: [videos, films/clips.csv]
ingest:
  segment_seconds: 2
  video: {fps: 12, short_side: 48}
  spectrograms: [{name: mel}]
  # As slow as needed for tasks to be met at work: a release build prepares such a video in a few hundredths of a second.
  flow: {preset: medium}
shard:
  shard_megabytes: 1
  pairs: {clip_seconds: 0.5, gap_seconds: 0.25, pairs_per_segment: 16}
train:
  device: cpu
  batch_size: 8
  pairs_per_epoch: 400
  checkpoint_steps: 5
  validation: {pairs: 32}
  model: {crop_size: 16, video: {width: 4}, audio: {width: 4}, embedding: 8}
  stages: [{name: easy, set: easy, epochs: 6}]
END
"$avprep" synth one/videos -q --pipeline one/avprep.yaml --videos "$videos" --set synth.seconds=4 \
    --set synth.width=64 --set synth.height=48 --set synth.fps=15 > /dev/null
"$avprep" synth one/films -q --pipeline one/avprep.yaml --videos 6 --set synth.seconds=12 --seed 9 \
    --set synth.width=64 --set synth.height=48 --set synth.fps=15 > /dev/null
{
    echo path,start,end,label
    for film in one/films/*.mp4; do
        for start in 0 4 7.5; do echo "$(basename "$film"),$start,$(awk "BEGIN { print $start + 4 }"),clip-$start"; done
    done
    echo gone.mp4,0,4,clip-0
} > one/films/clips.csv
(cd one && { "$avprep" ingest -q > /dev/null || [ $? -eq 2 ]; } && "$avprep" shard -q > /dev/null)

digests() { (cd "$1" && find prepared shards -type f \( -name '*.h5' -o -name '*.json' \) | sort | xargs -d '\n' sha256sum); }
digests one > one.sums

prepare() { # NAME TASKS
    mkdir "$1"
    cp -a one/avprep.yaml one/videos one/films "$1/"
    (cd "$1" && "$avprep" slurm --tasks "$2" --cpus 1 --mem 100 --time 30 --no-train --into jobs > /dev/null)
    # A task that is lost is waited for during its lease: two minutes, which is long for a check.
    sed -i "s/'--part' 'slurm'/'--part' 'slurm' '--lease' '5'/" "$1/jobs/ingest.sbatch"
    grep -q "'--lease' '5'" "$1/jobs/ingest.sbatch"
    jobs=($("$1/jobs/submit.sh" | sed 's/submitted //'))
}

done_items() { { cat "$1"/parts/current/tasks/*.log 2> /dev/null || true; } | grep -c '^d' || true; }

wait_for() { # NAME COUNT: until so many videos are done
    for _ in $(seq 1200); do [ "$(done_items "$1")" -ge "$2" ] && return; sleep 0.1; done
    echo "$1: the tasks do nothing" >&2
    squeue >&2
    exit 1
}

wait_end() { # NAME: until all jobs have ended, and ended well
    for _ in $(seq 3000); do
        state=$(scontrol show job "${jobs[2]}" | grep -o 'JobState=[A-Z_]*' | head -1)
        case $state in
            JobState=COMPLETED) break ;;
            JobState=PENDING | JobState=RUNNING | JobState=COMPLETING) ;;
            *) echo "$1: the shard job ended with $state" >&2; exit 1 ;;
        esac
        if squeue -h -j "${jobs[2]}" -o %r | grep -q DependencyNeverSatisfied; then
            echo "$1: merge failed" >&2
            exit 1
        fi
        sleep 0.2
    done
    digests "$1" > "$1.sums"
    cmp one.sums "$1.sums" || { echo "$1: other bytes than one process" >&2; exit 1; }
    [ ! -e "$1/parts" ] || { echo "$1: the journals were not removed" >&2; exit 1; }
    echo "$1: the shards of one process, byte for byte ($(wc -l < "$1.sums") files)"
}

restarts() { scontrol show job "$1" | grep -o 'Restarts=[0-9]*' | sort -t= -k2 -n | tail -1; }

# ----- 1, 2 and 4 tasks

for tasks in 1 2 4; do
    prepare "tasks-$tasks" $tasks
    wait_end "tasks-$tasks"
done

# ----- a node that dies in the middle: its daemon, its job steps and all that run in them

prepare node-lost 4
wait_for node-lost 4
victims=$(for process in /proc/[0-9]*; do
    if { tr '\0' '\n' < "$process/environ"; } 2> /dev/null | grep -qx SLURMD_NODENAME=node2; then basename "$process"; fi
done) || true
steps=$(for pid in $victims; do ps -o ppid= -p "$pid" 2> /dev/null; done | sort -u) || true
kill -9 "$(cat "$cluster/run/slurmd.node2.pid")"
for pid in $steps $victims; do
    # Of the parents only the job steps.
    case $(cat "/proc/$pid/comm" 2> /dev/null) in slurmstepd | slurm_script | bash | avprep*) kill -9 "$pid" 2> /dev/null || true ;; esac
done
[ -n "$victims" ] || { echo "node2 had no task" >&2; exit 1; }
wait_end node-lost
echo "node-lost: node2 died with $(echo $victims | wc -w) processes; $(restarts "${jobs[0]}")"
slurmd -N node2
for _ in $(seq 100); do [ "$(sinfo -h -p all -t idle -o %D)" = 3 ] && break; sleep 0.2; done

# ----- a task that is requeued

prepare requeued 2
wait_for requeued 3
scontrol requeue "${jobs[0]}_1"
wait_end requeued
[ "$(restarts "${jobs[0]}")" = Restarts=1 ] || { echo "the task was not started again" >&2; exit 1; }
grep -q 'ingest ended with 143' requeued/jobs/ingest-*.log || { echo "the task did not end with 143" >&2; exit 1; }

# ----- the warning that the time is nearly over: to the batch shell alone, as by --signal=B:USR1

prepare warned 2
wait_for warned 3
scancel --batch --signal=USR1 "${jobs[0]}_2"
wait_end warned
grep -q 'ingest ended with 143' warned/jobs/ingest-*.log || { echo "the warning did not reach avprep" >&2; exit 1; }
[ "$(restarts "${jobs[0]}_2")" = Restarts=1 ] || { echo "the task did not requeue itself" >&2; exit 1; }
[ "$(restarts "${jobs[0]}_1")" = Restarts=0 ] || { echo "another task was requeued with it" >&2; exit 1; }

# ----- preemption by a job of higher priority

prepare preempted 1
wait_for preempted 2
# A fast machine is done before Slurm gets round to it. Preemption sends SIGCONT before SIGTERM.
for process in /proc/[0-9]*; do
    case $(cat "$process/comm" 2> /dev/null) in avprep-*) ;; *) continue ;; esac
    if { tr '\0' '\n' < "$process/environ"; } 2> /dev/null | grep -qx "SLURM_ARRAY_JOB_ID=${jobs[0]}"; then
        kill -STOP "${process#/proc/}" 2> /dev/null || true
    fi
done
sbatch -Q -p urgent -N 3 --exclusive --output=/dev/null --wrap 'sleep 1'
wait_end preempted
grep -q 'DUE TO PREEMPTION' preempted/jobs/ingest-*.log || { echo "no task was preempted" >&2; exit 1; }
grep -q 'ingest ended with 143' preempted/jobs/ingest-*.log || { echo "the task did not end with 143" >&2; exit 1; }

# ----- two tasks train together, are warned, go on, and end with the weights of a training that was not

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
train() { # NAME: a job of two tasks, and its number
    (cd one && "$avprep" slurm --only-train --train-tasks 2 --cpus 1 --mem 2000 --time 30 --into "jobs-$1" --set train.name="$1" > /dev/null)
    job=$(one/jobs-"$1"/submit.sh | sed 's/submitted //')
}
wait_training() { # NAME
    for _ in $(seq 1500); do
        state=$(scontrol show job "$job" | grep -o 'JobState=[A-Z_]*')
        case $state in
            JobState=COMPLETED) return ;;
            JobState=PENDING | JobState=RUNNING | JobState=COMPLETING | JobState=REQUEUE*) sleep 0.2 ;;
            *) echo "$1: the training ended with $state" >&2; cat one/jobs-"$1"/train-*.log >&2; exit 1 ;;
        esac
    done
    echo "$1: the training does not end" >&2
    exit 1
}
if ! command -v mpirun > /dev/null || [ ! -e "$(dirname "$avprep")/../lib/avprep/libavprep_mpi.so" ] && [ ! -e "${AVPREP_MPI:-}" ]; then
    echo "training: not run; make deps engine brings MPI, and AVPREP_MPI names .engine/libavprep_mpi.so"
else
    train whole
    wait_training whole
    grep -q '"processes" : 2' one/runs/whole/run.json || { echo "whole: not two processes trained" >&2; exit 1; }
    train warned
    for _ in $(seq 600); do [ -e one/runs/warned/checkpoints/last.safetensors ] && break; sleep 0.05; done
    scancel --batch --signal=USR1 "$job"
    wait_training warned
    grep -q 'train ended with 143' one/jobs-warned/train-*.log || { echo "the warning did not reach the ranks" >&2; exit 1; }
    cmp one/runs/whole/video.safetensors one/runs/warned/video.safetensors || { echo "warned: other weights" >&2; exit 1; }
    echo "training: two tasks, warned and requeued, end with the weights of two that were not"
fi
echo "slurm: all is well"
