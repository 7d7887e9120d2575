#!/bin/sh
# Two network namespaces of this machine as two hosts, node1 and node2, with the variables that srun would set.
# As root: sh two_hosts.sh COMMAND..., such as sh two_hosts.sh chainrule train xor --epochs 3 --distributed
set -e
names=$(mktemp -d)
end() {
    for i in 1 2; do ip netns delete node$i 2>/dev/null; rm -rf /etc/netns/node$i; done
    rm -rf "$names"
}
trap end EXIT
for i in 1 2; do
    ip netns add node$i
    mkdir -p /etc/netns/node$i
    printf '127.0.0.1 localhost\n10.77.0.1 node1\n10.77.0.2 node2\n' > /etc/netns/node$i/hosts
done
ip link add link1 netns node1 type veth peer name link2 netns node2
for i in 1 2; do
    ip -n node$i address add 10.77.0.$i/24 dev link$i
    ip -n node$i link set link$i up
    ip -n node$i link set lo up
done
for i in 1 2; do
    SLURM_JOB_ID=1 SLURM_STEP_NODELIST='node[1-2]' SLURM_NTASKS=2 SLURM_PROCID=$((i - 1)) SLURM_LOCALID=0 \
        ip netns exec node$i unshare --uts sh -c 'hostname "$0"; exec "$@"' node$i "$@" > "$names/$i" 2>&1 &
done
wait
for i in 1 2; do
    echo "node$i:"
    cat "$names/$i"
done
