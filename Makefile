# Azoth. One Makefile for everything; all that it writes is under out/.
# `make help` lists the targets. build.sh installs what this needs.
O	:= out
CC	:= gcc-12
CLANG	:= clang-14
LD	:= ld
AR	:= ar
OBJCOPY	:= objcopy
Q	:= $(if $V,,@)
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

# --- What is built from what ------------------------------------------------
pick	= $(foreach f,$(sort $(wildcard $1)),$(if \
	    $(filter test_% fuzz_%,$(notdir $f)),,$f))
LAYERS	:= $(shell sed -n 's/^\([a-z]*\):.*/\1/p' kernel/layers)
KDIRS	= kernel/$1 kernel/$1/x86_64 $(if $(filter host,$1),kernel/host/wasi)
ksrc	= $(call pick,$(foreach d,$(call KDIRS,$1),$d/*.c $d/*.S))
# Layers without their CPU parts build for Linux as well; the C library has
# the functions of base/mem there.
PORTABLE := $(filter-out kernel/base/mem.c,$(call pick,$(foreach l,$(LAYERS), \
	    kernel/$l/*.c) kernel/host/wasi/*.c kernel/test/*.c))
SHARED	:= $(filter kernel/base/% kernel/crypto/% kernel/verify/%,$(PORTABLE))
BUILDER	:= $(call pick,builder/*.c)
TESTS	:= $(sort $(wildcard kernel/*/test_*.c kernel/*/*/test_*.c \
	    builder/test_*.c))
FUZZERS	:= $(sort $(wildcard kernel/*/fuzz_*.c kernel/*/*/fuzz_*.c \
	    builder/fuzz_*.c))

# --- Flags ------------------------------------------------------------------
WARN	:= -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	   -Wpointer-arith -Wundef -Wvla -Werror
BASE	:= -std=gnu2x -g -ffunction-sections -fdata-sections \
	   -ffile-prefix-map=$(CURDIR)=.
KCPU	:= -O2 -ffreestanding -fno-pic -mcmodel=kernel -mno-red-zone \
	   -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	   -fno-asynchronous-unwind-tables
KINC	:= -nostdinc -isystem packages/freestanding \
	   -isystem $(shell $(CC) -print-file-name=include) -isystem $O/sources/bearssl/inc \
	   -isystem $O/sources/zlib -DZ_SOLO
LIBS	:= -lyaml -lelf -lz -lbearssl -ljansson
SAN	:= -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	   -fno-sanitize-recover=all
INC	:= -Ikernel -Ibuilder -D_GNU_SOURCE

# flavour: name, compiler, flags. Objects: out/obj/NAME/PATH.o.
define flavour
$O/obj/$1/%.o: %.c Makefile
	@mkdir -p $$(@D); $(if $V,,echo '  $2 $$@')
	$$Q$2 $3 $(BASE) $(WARN) $$(EXTRA) -MMD -MP -c -o $$@ $$<
$O/obj/$1/%.o: %.S Makefile
	@mkdir -p $$(@D); $(if $V,,echo '  $2 $$@')
	$$Q$2 $3 $(BASE) $$(EXTRA) -MMD -MP -c -o $$@ $$<
obj_$1 = $$(foreach f,$$1,$O/obj/$1/$$(basename $$f).o)
endef
$(eval $(call flavour,kernel,$(CC),$(KCPU) $(KINC) -Ikernel))
$(eval $(call flavour,host,$(CC),-O2 $(INC)))
$(eval $(call flavour,test,$(CC),$(SAN) $(INC)))
$(eval $(call flavour,fuzz,$(CLANG),$(SAN) -fsanitize=fuzzer-no-link $(INC)))
$(foreach f,kernel host test fuzz,$(foreach l,verify load host, \
    $(eval $O/obj/$f/kernel/$l/%.o: EXTRA := -Wconversion)))

# --- Products ---------------------------------------------------------------
SHARE	:= $O/share/azoth
PACKAGES := sqlite-3 $(foreach c,$(wildcard packages/*/*.c),$(basename \
	    $(notdir $c))-1)
SDK	:= azoth.h azoth.mk wasm-cc
all: $O/bin/azoth $(SHARE)/kernel.elf $(SDK:%=$(SHARE)/sdk/%) \
    $(PACKAGES:%=$(SHARE)/packages/%.wasm)
.DEFAULT_GOAL := all

$O/bin/azoth: $(call obj_host,$(BUILDER)) $O/lib/host.a
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(LIBS)

$O/lib/host.a: $(call obj_host,$(SHARED))
$O/lib/test-kernel.a: $(call obj_test,$(PORTABLE))
$O/lib/fuzz-kernel.a: $(call obj_fuzz,$(PORTABLE))
$O/lib/test-builder.a: $(call obj_test,$(filter-out %/main.c,$(BUILDER)))
$O/lib/fuzz-builder.a: $(call obj_fuzz,$(filter-out %/main.c,$(BUILDER)))
$O/lib/%.a:
	@mkdir -p $(@D); rm -f $@
	$(AR) rcsD $@ $^

# Each layer is one object.
define layer
$O/obj/$1.o: $(call obj_kernel,$(call ksrc,$1))
	$(LD) -r -o $$@ $$^
endef
BUILT	:= $(foreach l,$(LAYERS),$(if $(call ksrc,$l),$l))
$(foreach l,$(BUILT),$(eval $(call layer,$l)))
KLIBS	:= $O/deps/kernel/bearssl.a $O/deps/kernel/zlib.a
$(call obj_kernel,$(call ksrc,crypto) $(call ksrc,verify)): | $(KLIBS)
$O/obj/kernel.elf: kernel/arch/x86_64/kernel.ld $(BUILT:%=$O/obj/%.o) \
    $(call obj_kernel,$(wildcard kernel/main.c)) $(KLIBS)
	$(LD) -nostdlib -static --gc-sections -z noexecstack --build-id=none \
	    -z max-page-size=4096 -T $< -o $@ $(filter %.o,$^) $(KLIBS)
$(SHARE)/kernel.elf: $O/obj/kernel.elf
	@mkdir -p $(@D)
	$(OBJCOPY) --strip-all $< $@

$(SHARE)/sdk/%: packages/sdk/%
	@mkdir -p $(@D)
	cp -p $< $@
$(foreach c,$(wildcard packages/*/*.c),$(eval $(SHARE)/packages/$(basename \
    $(notdir $c))-1.wasm: $c packages/sdk/wasm-cc packages/sdk/azoth.h))
$(SHARE)/packages/%-1.wasm:
	@mkdir -p $(@D)
	packages/sdk/wasm-cc -O2 -std=gnu2x -Wall -Wextra -Werror -o $@ $<

# --- Third-party sources: fetched, pinned, never edited -----------------------
$O/sources/%.ok: packages/%/recipe tools/fetch-source
	tools/fetch-source $*
$O/deps/kernel/%.a: packages/%/build $O/sources/%.ok
	@mkdir -p $(@D); echo '  build $@'
	@CC='$(CC)' CFLAGS='$(KCPU) $(KINC) $(BASE) -Ikernel' \
	    $< $O/sources/$* $@
$(SHARE)/packages/sqlite-3.wasm: packages/sqlite/build $O/sources/sqlite.ok \
    $(wildcard packages/sqlite/shim/*.h) packages/sdk/wasm-cc
	@mkdir -p $(@D); echo '  build $@'
	@$< $O/sources/sqlite $@

# --- Tests --------------------------------------------------------------------
TESTBIN	:= $(TESTS:%.c=$O/test/%)
FUZZBIN	:= $(FUZZERS:%.c=$O/fuzz/%)
$O/test/kernel/%: $O/obj/test/kernel/%.o $O/lib/test-kernel.a
	@mkdir -p $(@D)
	$(CC) $(SAN) -o $@ $^ -lcmocka -lbearssl -lz
$O/test/builder/%: $O/obj/test/builder/%.o $O/lib/test-builder.a \
    $O/lib/test-kernel.a
	@mkdir -p $(@D)
	$(CC) $(SAN) -o $@ $^ -lcmocka $(LIBS)
$O/fuzz/kernel/%: $O/obj/fuzz/kernel/%.o $O/lib/fuzz-kernel.a
	@mkdir -p $(@D)
	$(CLANG) $(SAN) -fsanitize=fuzzer -o $@ $^ -lbearssl -lz
$O/fuzz/builder/%: $O/obj/fuzz/builder/%.o $O/lib/fuzz-builder.a \
    $O/lib/fuzz-kernel.a
	@mkdir -p $(@D)
	$(CLANG) $(SAN) -fsanitize=fuzzer -o $@ $^ $(LIBS)

tests: $(TESTBIN) $(FUZZBIN)

# The steps of `make check` and their order are in tools/run-checks.
check:
	@tools/run-checks
wasi: all
	@tools/wasi-suite
fuzz: $(FUZZBIN)
	@tools/run-fuzz 20000 $^
campaign: $(FUZZBIN)
	@tools/run-fuzz 10000000 $^
bench: all
	@tools/bench
demo: all
	@$O/bin/azoth build -f manifests/demo.yaml -o $O/demo
	@$O/bin/azoth run $O/demo/demo.iso --timeout 120s
help:
	@sed -n 's/^#: //p' Makefile
#: make            the builder, the kernel and the packages, in out/
#: make check      every test; the last line is "N passed, N failed"
#: make demo       build manifests/demo.yaml and boot its ISO
#: make wasi       the WASI preview 1 suite in $SUITES
#: make fuzz       every fuzz target for a moment; make campaign: for long
#: make bench      the figures, as a table and in out/bench.json
#: make clean      remove out/
clean:
	rm -rf $O
.PHONY: all tests check wasi fuzz campaign bench demo help clean
-include $(shell find $O/obj -name '*.d' 2>/dev/null)
