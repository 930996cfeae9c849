# azoth.mk: builds modules written in C. Include it from a project's Makefile:
#
#	modules := hello tiny
#	AZOTH_SDK ?= /path/to/azoth/packages/sdk
#	include $(AZOTH_SDK)/azoth.mk
#
# builds build/hello.wasm from hello.c and build/tiny.wasm from tiny.c; name
# further sources as prerequisites: `build/hello.wasm: words.c`.
WASM_CC ?= $(AZOTH_SDK)/wasm-cc
WASM_CFLAGS ?= -O2 -std=gnu2x -Wall -Wextra -Werror

all: $(modules:%=build/%.wasm)
build/%.wasm: %.c $(AZOTH_SDK)/wasm-cc $(AZOTH_SDK)/azoth.h
	@mkdir -p build
	$(WASM_CC) $(WASM_CFLAGS) -o $@ $(filter %.c,$^)
clean:
	rm -rf build
.PHONY: all clean
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
