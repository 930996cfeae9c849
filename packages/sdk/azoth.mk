# azoth.mk: builds modules written in C, or in C++ without its library (.cc).
# Include it from a project's Makefile:
#
#	modules := hello tiny
#	servers := store
#	AZOTH_SDK ?= /path/to/azoth/packages/sdk
#	include $(AZOTH_SDK)/azoth.mk
#
# builds build/hello.wasm from hello.c and build/tiny.wasm from tiny.c; name
# further sources as prerequisites: `build/hello.wasm: words.c`. Servers of
# call channels have no main. For an interface, name the header of its end,
# `build/hello.wasm: build/store.client.h` or `build/store.wasm:
# build/store.server.h`: it is made from store.wit, or from the SDK's.
WASM_CC ?= $(AZOTH_SDK)/wasm-cc
WASM_CFLAGS ?= -O2 -std=gnu2x -Wall -Wextra -Werror
WASM_CXXFLAGS ?= -O2 -std=gnu++17 -fno-exceptions -fno-rtti -Wall -Wextra -Werror
AZOTH ?= $(firstword $(wildcard $(AZOTH_SDK)/../../out/bin/azoth \
    $(AZOTH_SDK)/../../../bin/azoth) azoth)
# httpd as a library (azoth_http.h): `build/web.wasm: WASM_CFLAGS += $(AZOTH_HTTPD)`;
# SQLite as one (sqlite3.h): likewise, $(AZOTH_SQLITE).
AZOTH_PACKAGES ?= $(firstword $(wildcard $(AZOTH_SDK)/../packages \
    $(AZOTH_SDK)/../../out/share/azoth/packages))
AZOTH_HTTPD ?= $(AZOTH_PACKAGES)/httpd-1.a
AZOTH_SQLITE ?= -I$(AZOTH_PACKAGES)/include $(AZOTH_PACKAGES)/sqlite-3.a \
    -lwasi-emulated-getpid -lwasi-emulated-signal

all: $(patsubst %,build/%.wasm,$(modules) $(servers))
$(servers:%=build/%.wasm): model := -mexec-model=reactor
build/%.wasm: %.c $(AZOTH_SDK)/wasm-cc $(wildcard $(AZOTH_SDK)/*.h)
	@mkdir -p build
	$(WASM_CC) $(WASM_CFLAGS) $(model) -Ibuild -o $@ $(filter %.c,$^)
build/%.wasm: %.cc $(AZOTH_SDK)/wasm-cc $(wildcard $(AZOTH_SDK)/*.h)
	@mkdir -p build
	$(WASM_CC) $(WASM_CXXFLAGS) $(model) -Ibuild -o $@ $(filter %.cc,$^)
build/%.client.h: %.wit ; @mkdir -p build; $(AZOTH) bindings --client -o $@ $<
build/%.server.h: %.wit ; @mkdir -p build; $(AZOTH) bindings --server -o $@ $<
build/%.client.h: $(AZOTH_SDK)/%.wit ; @mkdir -p build; $(AZOTH) bindings --client -o $@ $<
build/%.server.h: $(AZOTH_SDK)/%.wit ; @mkdir -p build; $(AZOTH) bindings --server -o $@ $<
clean:
	rm -rf build
.PHONY: all clean
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
