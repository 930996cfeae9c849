# Azoth: one Makefile, nothing recursive, everything it writes is under out/.
#: make            the builder, the kernel and the packages, in out/
#: make check      every test; the last line is "N passed, N failed"
#: make demo       build manifests/web.yaml, boot its ISO, say where its page is
#: make spec wasi  the core and WASI suites in $SUITES; make mutants N=COUNT
#: make fuzz       every fuzz target for a moment; make campaign: for long
#: make bench      the figures, as a table and in out/bench.json
#: make clean      remove out/
# build.sh installs what this needs. V=1 shows the compiler's commands.
O := out
CC := gcc-12
CLANG := clang-14
Q := $(if $V,,@)
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR .SECONDARY:

# --- Sources: by folder; test_* and fuzz_* are programs of their own ---------
pick	= $(foreach f,$(sort $(wildcard $1)),$(if \
	    $(filter test_% fuzz_%,$(notdir $f)),,$f))
LAYERS	:= $(shell sed -n 's/^\([a-z]*\):.*/\1/p' kernel/layers)
ksrc	= $(call pick,$(foreach s,*.c *.S x86_64/*.c x86_64/*.S wasi/*.c, \
	    kernel/$1/$s))
KERNEL	:= $(foreach l,$(LAYERS),$(call ksrc,$l)) $(wildcard kernel/main.c)
# What builds for Linux too, over the fake arch of kernel/test.
PORTABLE := $(filter-out kernel/main.c kernel/arch/x86_64/% %.S,$(KERNEL)) \
	    $(call pick,kernel/test/*.[cS])
SHARED	:= $(foreach l,base crypto verify,$(filter kernel/$l/%,$(PORTABLE)))
BUILDER	:= $(call pick,builder/*.c)
programs = $(sort $(foreach d,kernel/*/ kernel/*/*/ builder/,$(wildcard $d$1)))
TESTS	:= $(patsubst %.c,$O/test/%,$(call programs,test_*.c))
FUZZERS	:= $(patsubst %.c,$O/fuzz/%,$(call programs,fuzz_*.c))

# --- Flags ------------------------------------------------------------------
WARN	:= -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	   -Wpointer-arith -Wundef -Wvla -Werror
BASE	:= -std=gnu2x -g -ffunction-sections -fdata-sections \
	   -ffile-prefix-map=$(CURDIR)=.
KFLAGS	:= $(BASE) -O2 -ffreestanding -fbuiltin -fno-pic -mcmodel=kernel -mno-red-zone \
	   -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	   -fno-asynchronous-unwind-tables -nostdinc -Ikernel -DZ_SOLO \
	   -isystem packages/freestanding -isystem $O/sources/bearssl/inc \
	   -isystem $O/sources/zlib
INC	:= $(BASE) -Ikernel -Ibuilder -D_GNU_SOURCE
LIBS	:= -lyaml -lelf -lz -lbearssl -ljansson
SAN	:= -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	   -fno-sanitize-recover=all
# flavour: name, compiler, flags. $(call obj,NAME,SOURCES) are its objects.
define flavour
$(foreach x,c S,
$O/obj/$1/%.o: %.$x Makefile
	@mkdir -p $$(@D); $(if $V,,echo '  CC $$@')
	$$Q$2 $3 $(WARN) $$(EXTRA) -MMD -MP -c -o $$@ $$<
)
$(foreach l,verify load host,$O/obj/$1/kernel/$l/%.o): EXTRA := -Wconversion
$(call obj,$1,builder/prelude builder/templates): $(shell \
    find builder/prelude_text.h builder/templates -type f)
endef
obj	= $(patsubst %,$O/obj/$1/%.o,$(basename $2))
KCC	:= $(KFLAGS) -isystem $(shell $(CC) -print-file-name=include)
$(eval $(call flavour,kernel,$(CC),$(KCC)))
$(eval $(call flavour,clang,$(CLANG),$(KFLAGS) -isystem \
    $(shell $(CLANG) -print-resource-dir)/include))
$(eval $(call flavour,host,$(CC),-O2 $(INC)))
$(eval $(call flavour,linux,$(CC),-O2 -fno-pie $(INC)))
$(eval $(call flavour,test,$(CC),$(SAN) $(INC)))
$(eval $(call flavour,fuzz,$(CLANG),$(SAN) -fsanitize=fuzzer-no-link $(INC) \
    $$(if $$(findstring code,$$(filter $O/obj/fuzz/kernel/%,$$@)), \
    -O2 -fno-sanitize-coverage=trace-cmp)))

# --- Products ---------------------------------------------------------------
SHARE	:= $O/share/azoth
include packages/packages.mk
all: $O/bin/azoth $O/bin/azoth-hosted $(addprefix $(SHARE)/,kernel.elf \
    $(patsubst packages/%,%,$(shell find packages/sdk -type f ! -name '*.md' \
    ! -path '*/test/*')) $(MODULES:%=packages/%.wasm))
$O/bin/azoth: $(call obj,host,$(BUILDER)) $O/lib/host-kernel.a
$O/bin/%:
	@mkdir -p $(@D); echo '  LD $@'
	$Q$(CC) -o $@ $^ $(LIBS)
$O/lib/host-kernel.a: $(call obj,host,$(SHARED))
define hosted
$O/lib/$1-kernel.a: $(call obj,$1,$(PORTABLE))
$O/lib/$1-builder.a: $(call obj,$1,$(filter-out %/main.c,$(BUILDER)))
$O/$1/%: $O/obj/$1/%.o
	@mkdir -p $$(@D); echo '  LD $$@'
	$$Q$2 $(SAN) -o $$@ -Wl,--start-group $$^ -Wl,--end-group $$(LIBS)
endef
$(eval $(call hosted,test,$(CC)))
$(eval $(call hosted,fuzz,$(CLANG) -fsanitize=fuzzer))
$(TESTS): LIBS += -lcmocka
$(TESTS): $O/lib/test-kernel.a
$(FUZZERS): $O/lib/fuzz-kernel.a
$(filter $O/test/builder/%,$(TESTS)): $O/lib/test-builder.a
$(filter $O/fuzz/builder/%,$(FUZZERS)): $O/lib/fuzz-builder.a
$O/lib/%.a: ; @mkdir -p $(@D); rm -f $@; ar rcsD $@ $^
# A layer is one object. Outside it only symbols named after one of its headers
# exist (unit_verb), and those that KEEP_layer adds: a helper stays private.
KEEP_arch := mem* strlen multiboot2_entry pvh_entry trust_page
define layer
$O/obj/$1.o: $(call obj,kernel,$(call ksrc,$1))
	$$Qld -r -o $$@ $$^
	$$Qobjcopy -w $(foreach u,$(patsubst %.h,%,$(notdir $(wildcard \
	    kernel/$1/*.h kernel/$1/*/*.h))),-G $u -G '$u_*') \
	    $(patsubst %,-G '%',$(KEEP_$1)) $$@
endef
BUILT	:= $(foreach l,$(LAYERS),$(if $(call ksrc,$l),$l))
$(foreach l,$(BUILT),$(eval $(call layer,$l)))
KOBJ	:= $(BUILT:%=$O/obj/%.o) $O/obj/kernel/kernel/main.o
$(call obj,kernel,$(KERNEL)) $(call obj,clang,$(KERNEL)): | $(KLIBS)
$O/obj/kernel.elf: kernel/arch/x86_64/kernel.ld $(KOBJ) $(KLIBS)
	$Qld -nostdlib -static --gc-sections -z noexecstack --build-id=none \
	    -z max-page-size=4096 -T $< -o $@ $(KOBJ) $(KLIBS)
$(SHARE)/kernel.elf: $O/obj/kernel.elf
	@mkdir -p $(@D); echo '  LD $@'
	$Qobjcopy --strip-all $< $@
# The same objects in a process; W's calls pass load/linux, for debuggers.
HOSTED	:= $(wildcard kernel/*/linux/*.[cS])
$O/bin/azoth-hosted: W := spawn_map spawn_unmap run_system
$O/bin/azoth-hosted: LIBS = -no-pie -Wl,--gc-sections,-z,now $(W:%=-Wl,--wrap=%)
$O/bin/azoth-hosted: $(call obj,linux,$(HOSTED)) $(call obj,kernel,$(call pick,\
    $(patsubst %,kernel/%.[cS],arch/* arch/x86_64/fault arch/x86_64/mem ipc/* \
    ipc/x86_64/rewind verify/x86_64/*))) $(filter-out %/arch.o %/ipc.o,$(KOBJ)) $(KLIBS)

# --- What people run; clang: with the other compiler, for its warnings ---------
clang: $(call obj,clang,$(KERNEL)) $(call obj,fuzz,$(BUILDER) $(HOSTED))
tests: $(TESTS) $(FUZZERS) $O/sources/assemblyscript.ok
check mutants: ; @tools/$(@:check=run-checks) $N
fuzz: $(FUZZERS) ; @tools/run-fuzz 20000 $^
campaign: $(FUZZERS) ; @tools/run-campaign $^
spec wasi bench: all ; @tools/$(patsubst bench-%,bench,$@-suite)
demo: all ; @$O/bin/azoth build -f manifests/web.yaml -o $O/demo
	@tools/demo $O/demo/web.iso
help: ; @sed -n 's/^#: //p' Makefile
clean: ; rm -rf $O
.PHONY: all clang tests check spec wasi mutants fuzz campaign bench demo help clean
-include $(shell find $O/obj -name '*.d' 2>/dev/null)
