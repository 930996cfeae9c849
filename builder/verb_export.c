/* azoth export: a machine of another hypervisor for an ISO, as the script that
 * makes it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "cli.h"
#include "diag.h"
#include "exit.h"
#include "fileio.h"
#include "mem.h"
#include "target.h"

enum { PRIVILEGED = 1024, ABOVE = 8000, SCRIPT_MODE = 0755 };

/* One word of the shell, whatever is in it. */
static void put_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '\'');
	for (; *text != '\0'; text++)
		if (*text == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *text);
	buf_putc(out, '\'');
}

/* What VirtualBox lacks, on stderr and in the script. */
__attribute__((format(printf, 3, 4))) static void warn(
    struct buf *notes, const char *help, const char *fmt, ...)
{
	va_list list;
	char *text;

	va_start(list, fmt);
	text = xvasprintf(fmt, list);
	va_end(list);
	cli_warning(help, "%s", text);
	buf_printf(notes, "# Warning: %s: %s.\n", text, help);
	free(text);
}

static void find_gaps(struct buf *notes, const struct kit *k)
{
	for (size_t i = 0; i < k->secret_count; i++)
		warn(notes, "VirtualBox has no fw_cfg to deliver it by",
		    "the secret `%s` will not arrive", k->secrets[i].name);
	for (size_t i = 0; i < k->device_count; i++) {
		const struct kit_device *d = &k->devices[i];

		if (d->network && strcmp(d->qemu, "e1000") != 0)
			warn(notes,
			    "give it the driver of VirtualBox's card: `match: "
			    "pci/e1000`",
			    "the device `%s` is a %s, which will not be there",
			    d->name, d->qemu);
		else if (!d->network && d->port == 0)
			warn(notes, "VirtualBox has no such device",
			    "the device `%s` is a %s, which will not be there",
			    d->name, d->qemu);
	}
}

static bool has_card(const struct kit *k)
{
	for (size_t i = 0; i < k->device_count; i++)
		if (k->devices[i].network)
			return true;
	return false;
}

static void put_forwards(struct buf *out, const struct kit *k)
{
	for (size_t i = 0; i < k->listener_count; i++) {
		const struct kit_listener *l = &k->listeners[i];
		const char *protocol = l->udp ? "udp" : "tcp";
		uint32_t host =
		    l->port < PRIVILEGED ? l->port + ABOVE : l->port;

		buf_printf(out, " \\\n\t--natpf1 '%s-%u,%s,127.0.0.1,%u,,%u'",
		    protocol, l->port, protocol, host, l->port);
	}
}

static void put_network(struct buf *out, const struct kit *k)
{
	if (!has_card(k)) {
		buf_puts(out, "VBoxManage modifyvm \"$name\" --nic1 none\n");
		return;
	}
	buf_puts(out,
	    "# Its ports are this host's own; NAT leads them in.\n"
	    "VBoxManage modifyvm \"$name\" --nic1 nat --nictype1 82540EM \\\n"
	    "\t--cableconnected1 on");
	put_forwards(out, k);
	buf_putc(out, '\n');
}

/* COM1 is the console; what a module drives is a port of its own. */
static void put_serial(struct buf *out, const struct kit *k)
{
	uint32_t number = 2;

	buf_puts(out, "# What the system prints.\n"
		      "VBoxManage modifyvm \"$name\" --uart1 0x3F8 4 \\\n"
		      "\t--uartmode1 file \"$folder/$name.console\"\n");
	for (size_t i = 0; i < k->device_count && number <= 4; i++)
		if (k->devices[i].port != 0) {
			buf_printf(out,
			    "VBoxManage modifyvm \"$name\" --uart%u 0x%X %u "
			    "--uartmode%u disconnected\n",
			    number, k->devices[i].port, k->devices[i].line,
			    number);
			number++;
		}
}

/* The name of a file without its folder and ending. */
static char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return dot != NULL && dot > name ? xstrndup(name, (size_t)(dot - name))
					 : xstrdup(name);
}

static void put_script(
    struct buf *out, const struct target *t, const char *iso, bool uefi)
{
	char *name = base_name(iso);

	buf_puts(out, "#!/bin/sh\n# A machine for VirtualBox, by `azoth export "
		      "virtualbox`.\n#\tsh THIS [ISO [NAME]]\n");
	find_gaps(out, &t->kit);
	buf_puts(out, "set -eu\niso=${1:-");
	put_quoted(out, iso);
	buf_puts(out, "}\nname=${2:-");
	put_quoted(out, name);
	buf_printf(out,
	    "}\nfolder=$(cd \"$(dirname \"$iso\")\" && pwd)\n\n"
	    "VBoxManage createvm --name \"$name\" --ostype Other_64 "
	    "--register\n"
	    "VBoxManage modifyvm \"$name\" --memory %llu --vram 16 --cpus 1 "
	    "\\\n"
	    "\t--chipset piix3 --firmware %s --ioapic on --rtcuseutc on \\\n"
	    "\t--graphicscontroller vmsvga --boot1 dvd --boot2 none \\\n"
	    "\t--boot3 none --boot4 none\n",
	    (unsigned long long)t->memory_mib, uefi ? "efi64" : "bios");
	put_network(out, &t->kit);
	put_serial(out, &t->kit);
	buf_puts(out,
	    "VBoxManage storagectl \"$name\" --name sata --add sata \\\n"
	    "\t--controller IntelAHCI --portcount 1 --bootable on\n"
	    "VBoxManage storageattach \"$name\" --storagectl sata \\\n"
	    "\t--port 0 --device 0 --type dvddrive \\\n"
	    "\t--medium \"$folder/${iso##*/}\"\n"
	    "echo \"start it: VBoxManage startvm '$name' --type headless\"\n");
	free(name);
}

static int write_script(const struct cli *cli, const struct buf *script)
{
	const char *path = cli_value(cli, "output");

	if (path == NULL) {
		fwrite(script->at, 1, script->len, stdout);
		return EXIT_DONE;
	}
	if (file_write(path, script->at, script->len, SCRIPT_MODE))
		return EXIT_DONE;
	cli_error(NULL, NULL, "cannot write `%s`: %s", path, strerror(errno));
	return EXIT_HOST;
}

static int export_iso(const struct cli *cli, const char *path)
{
	char *iso = realpath(path, NULL);
	struct buf script = { 0 };
	struct target t;
	int code = target_open(&t, iso != NULL ? iso : path);

	if (code == EXIT_DONE && t.bundle != NULL) {
		cli_error(NULL, "give the ISO instead",
		    "VirtualBox cannot boot `%s`", path);
		code = EXIT_USAGE;
	}
	if (code == EXIT_DONE) {
		put_script(&script, &t, t.image, cli_value(cli, "uefi"));
		code = write_script(cli, &script);
	}
	buf_fini(&script);
	target_fini(&t);
	free(iso);
	return code;
}

static int export_project(const struct cli *cli)
{
	char *manifest = cli_manifest_path(cli);
	struct build_options options = {
		.path = manifest, .profile = cli->profile, .formats = "iso"
	};
	struct build b;
	int code;

	if (manifest == NULL)
		return EXIT_INPUT;
	code = build_run(&b, cli, &options);
	if (code == EXIT_DONE)
		code = export_iso(cli, b.iso_path);
	build_fini(&b);
	free(manifest);
	return code;
}

int verb_export(const struct cli *cli)
{
	if (strcmp(cli->args[0], "virtualbox") != 0) {
		cli_error(NULL, "write `azoth export virtualbox`",
		    "there is no export to `%s`", cli->args[0]);
		return EXIT_USAGE;
	}
	return cli->arg_count > 1 ? export_iso(cli, cli->args[1])
				  : export_project(cli);
}
