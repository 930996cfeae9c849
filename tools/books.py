"""The kernel of kernel/test/ledger, for tools that boot it."""
import os
import re
import subprocess

WRAPPED = ("sched_start", "thread_renew", "device_post", "device_reap")


def link(out, kills, *defines):
    """out/kernel.elf, which kills so often; macros of the source as NAME=VALUE."""
    os.makedirs(out, exist_ok=True)
    flags = ("-std=gnu2x -O2 -ffreestanding -fno-pic -mcmodel=kernel -mno-red-zone "
             "-mgeneral-regs-only -fno-stack-protector -fcf-protection=none -Wall -Wextra -Werror "
             f"-Wno-missing-prototypes -Ikernel -DLEDGER_KILLS={kills}").split()
    flags += [f"-D{d}" for d in defines]
    subprocess.run(["make", "-s", "out/obj/kernel.elf"], check=True)
    subprocess.run(["gcc-12", *flags, "-c", "-o", f"{out}/main.o", "kernel/test/ledger/main.c"],
                   check=True)
    with open("kernel/layers") as f:
        layers = re.findall(r"^([a-z]+):", f.read(), re.M)
    objects = [f"out/obj/{layer}.o" for layer in layers if os.path.exists(f"out/obj/{layer}.o")]
    subprocess.run(["ld", "-nostdlib", "-static", "--gc-sections", "-z", "noexecstack",
                    "--build-id=none", "-z", "max-page-size=4096", "-T",
                    "kernel/arch/x86_64/kernel.ld", *(f"--wrap={name}" for name in WRAPPED),
                    "-o", f"{out}/kernel.elf", *objects, "out/obj/kernel/kernel/main.o",
                    f"{out}/main.o", "out/deps/kernel/bearssl.a", "out/deps/kernel/zlib.a"],
                   check=True)
    subprocess.run(["objcopy", "--strip-all", f"{out}/kernel.elf"], check=True)
