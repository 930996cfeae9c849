# What ships beside azoth and the kernel: the SDK, modules, and libraries by
# recipes of third-party sources, which are fetched, pinned, never edited. Part
# of the Makefile, whose $O, $(SHARE), $(CC) and $(KCC) it takes; it gives
# $(MODULES) and $(KLIBS).
DRIVERS	:= $(patsubst packages/%/device.yaml,%,$(wildcard packages/*/device.yaml))
CMODULES := $(filter-out $(patsubst %build,%%,$(wildcard packages/*/build)) \
    $(foreach d,$(DRIVERS),packages/$d/$d.c),$(wildcard packages/*/*.c))
MODULES	:= sqlite-3 net-1 httpd-1 tls-1 $(DRIVERS:%=%-1) $(patsubst %.c,%-1,$(notdir $(CMODULES)))
KLIBS	:= $O/deps/kernel/bearssl.a $O/deps/kernel/zlib.a

$(SHARE)/sdk/%: packages/sdk/% ; @mkdir -p $(@D); cp -p $< $@
$(foreach c,$(CMODULES),$(eval \
    $(SHARE)/packages/$(notdir $(c:.c=-1.wasm)): $c packages/sdk/azoth.h))
$(SHARE)/packages/%-1.wasm: packages/sdk/wasm-cc $(SHARE)/sdk/lib/memory.c
	@mkdir -p $(@D); echo '  CC $@'
	$Q$< -O2 -std=gnu2x -Wall -Wextra -Werror -o $@ $(filter packages/%.c,$^) \
	    $(patsubst %.wasm,%.a,$(filter %/httpd-1.wasm,$^))
$(SHARE)/packages/console-1.wasm: $(SHARE)/packages/httpd-1.wasm

$O/sources/%.ok: packages/%/recipe tools/fetch-source ; tools/fetch-source $*
$(KLIBS): $O/deps/kernel/%.a: packages/%/build $O/sources/%.ok Makefile
	@mkdir -p $(@D); echo '  build $@'
	$QCC='$(CC)' CFLAGS='$(KCC)' $< $O/sources/$* $@

# name-version, folder of its script, its source, what else it is made from
define scripted
$(SHARE)/packages/$1.wasm: packages/$2/build $O/sources/$3.ok packages/sdk/wasm-cc \
    $(shell find packages/$2 packages/sdk/lib $4 -type f) | $O/bin/azoth
	@mkdir -p $$(@D); echo '  build $$@'
	$$QAZOTH=$O/bin/azoth $$< $O/sources/$3 $$@
endef
$(eval $(call scripted,sqlite-3,sqlite,sqlite))
$(eval $(call scripted,net-1,net,lwip,packages/sdk/*.h packages/sdk/nic.wit))
$(eval $(call scripted,httpd-1,httpd,llhttp,packages/sdk/*.h packages/sdk/handler.wit))
$(eval $(call scripted,tls-1,tls,bearssl,packages/sdk/*.h packages/httpd/port.[ch]))

$(foreach d,$(DRIVERS),$(eval \
    $(SHARE)/packages/$d-1.wasm: packages/$d/$d.c packages/$d/device.yaml))
$(DRIVERS:%=$(SHARE)/packages/%-1.wasm): packages/sdk/driver-cc $O/bin/azoth \
    $(wildcard packages/sdk/*.h packages/sdk/*.wit)
	@mkdir -p $(@D); echo '  CC $@'
	$QAZOTH=$O/bin/azoth $< $(filter packages/%.c,$^) $@
