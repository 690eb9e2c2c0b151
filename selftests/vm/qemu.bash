# SPDX-License-Identifier: GPL-2.0
# Sourced by run. One qemu: started, listened to, stopped. Everything of it is in
# $RUN, so runs do not meet; it reads QEMU ARCH ACCEL ICOUNT MEMORY BOOT DISK EXTRA_DISK PAYLOAD.
# shellcheck disable=SC2154 # those are run's

QEMU_PID=
CONTROL=

# panic=-1 with -no-reboot: a dead kernel ends qemu. The stall detectors get a
# wide margin, because an emulated CPU may wait for a real one.
KERNEL_ARGS=(
	panic=-1 oops=panic loglevel=7 log_buf_len=4M
	net.ifnames=0 nmi_watchdog=0 watchdog_thresh=60
	rcupdate.rcu_cpu_stall_timeout=120
)

# Where the clock counts instructions, it leaps while the CPU waits for the host's
# disk: to the guest that looks like a stall.
ICOUNT_ARGS=(
	nowatchdog rcupdate.rcu_cpu_stall_suppress=1 sysctl.kernel.hung_task_timeout_secs=0
)

# What makes it slow also makes one CPU seem dead to the other's clock watchdog.
DEBUG_ARGS=(tsc=reliable)

# The machine, and what it calls its serial line.
declare -A MACHINE_ARGS=([amd64]='' [arm64]='-M virt,gic-version=3')
declare -A CONSOLE_ARG=([amd64]=console=ttyS0 [arm64]=console=ttyAMA0)

# The whole of it; but signing pointers by the cipher that the architecture proposes
# takes an emulator half of its time.
declare -A CPU=([amd64]=max [arm64]=max,pauth-impdef=on)

# drive_args FILE SERIAL OPTION : a disk that the guest knows by its serial.
drive_args() {
	echo -drive "file=$1,format=raw,if=none,id=$2,$3"
	echo -device "virtio-blk-pci,drive=$2,serial=$2"
}

# port_args NAME : a virtio port that ends in a file of that name.
port_args() {
	echo -chardev "file,id=$1,path=$RUN/$1"
	echo -device "virtserialport,bus=ports.0,chardev=$1,name=$1"
}

# Emulated CPUs take turns in one thread. In a thread each, one may translate a byte
# that another is just replacing and keep what was there before: a breakpoint of the
# kernel's text patching is then met after its owner has gone, which no real CPU does,
# and kernels die of it (6.12, do_filp_open+0x4, "Oops: int3"). It is no slower where
# two guests share two CPUs. PV_TCG_THREAD=multi gives them truly at once, with that.
cpu_args() {
	if [[ $ICOUNT ]]; then
		echo -accel tcg,thread=single -icount shift=0,sleep=off -cpu "${CPU[$ARCH]}" -smp 1
	elif [[ $ACCEL == kvm ]]; then
		echo -accel kvm -cpu host -smp 2
	else
		echo -accel tcg,thread=${PV_TCG_THREAD:-single} -cpu "${CPU[$ARCH]}" -smp 2
	fi
}

kernel_args() {
	local -a args=("${CONSOLE_ARG[$ARCH]}" "${KERNEL_ARGS[@]}")
	[[ ! $ICOUNT ]] || args+=("${ICOUNT_ARGS[@]}")
	! is_debug "$NAME" || args+=("${DEBUG_ARGS[@]}")
	echo "${args[*]}"
}

# No name in here has a blank, but for the cache's own folder: it is refused.
qemu_args() {
	echo -nodefaults -no-user-config -display none -no-reboot
	echo "${MACHINE_ARGS[$ARCH]}"
	cpu_args
	echo -m "$MEMORY"
	echo -kernel "$BOOT/vmlinuz" -initrd "$RUN/initrd"
	echo -serial "file:$RUN/console"
	drive_args "$DISK" pv-root snapshot=on,cache=unsafe,discard=unmap
	# Zeros take no room on the host.
	[[ ! $EXTRA_DISK ]] ||
		drive_args "$EXTRA_DISK" pv-disk cache=unsafe,discard=unmap,detect-zeroes=unmap
	[[ ! $PAYLOAD ]] || drive_args "$PAYLOAD" pv-payload readonly=on
	[[ ! -e $RUN/files.tar ]] || drive_args "$RUN/files.tar" pv-files readonly=on
	# See bench/lines_plugin.c.
	[[ ! ${PV_QEMU_PLUGIN-} ]] || echo -plugin "$PV_QEMU_PLUGIN"
	echo -device virtio-serial-pci,id=ports
	port_args stdout
	port_args stderr
	port_args klog
	port_args control
}

qemu_start() {
	local -a args
	[[ $PV_CACHE$EXTRA_DISK != *[[:space:],]* ]] ||
		die "PV_CACHE or the disk has a blank or a comma in its name"
	mapfile -t args < <(qemu_args | xargs -n1)
	rm -f "$RUN/control" "$RUN/klog"
	mkfifo "$RUN/control"
	: >"$RUN/console"
	[[ ! $CONTROL ]] || exec {CONTROL}>&-
	# Read and write: to open it so waits for nobody.
	exec {CONTROL}<>"$RUN/control"
	# TMPDIR is where the guest's writes to its disk go.
	TMPDIR=$RUN "$QEMU" "${args[@]}" -append "$(kernel_args)" \
		</dev/null >"$RUN/qemu" 2>&1 {CONTROL}>&- &
	QEMU_PID=$!
}

qemu_running() {
	[[ $QEMU_PID ]] && kill -0 "$QEMU_PID" 2>/dev/null
}

qemu_stop() {
	[[ $QEMU_PID ]] || return 0
	kill -KILL "$QEMU_PID" 2>/dev/null || true
	wait "$QEMU_PID" 2>/dev/null || true
	QEMU_PID=
}

# qemu_wait SECONDS : the guest is switching itself off.
qemu_wait() {
	local end=$((SECONDS + $1))
	while qemu_running && ((SECONDS < end)); do
		sleep 0.05
	done
	qemu_stop
}

# control_word SECONDS : the next line from the guest; fails when there is none
# in that time, or qemu is gone.
control_word() {
	local end=$((SECONDS + $1)) line=
	while ((SECONDS < end)); do
		# The guest may have spoken and switched off between two looks.
		if read -r -t 1 -u "$CONTROL" line; then
			echo "$line"
			return
		fi
		if ! qemu_running; then
			read -r -t 0.1 -u "$CONTROL" line || return 1
			echo "$line"
			return
		fi
	done
	return 1
}
