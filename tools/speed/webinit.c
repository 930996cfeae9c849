/* webinit: the first process of a Linux guest that serves files with nginx:
 * loads the drivers, sets the one network card's address and starts nginx,
 * alone and in the foreground. A line on the console is answered with
 * /proc/meminfo's word on what is available. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS_MAX = 1000, ROUND_US = 1000 };

static _Noreturn void fail(const char *what)
{
	perror(what);
	(void)reboot(LINUX_REBOOT_CMD_RESTART);
	exit(1);
}

static void load_modules(void)
{
	struct dirent **list;
	int count = scandir("/modules", &list, NULL, alphasort);
	char path[512];

	for (int i = 0; i < count; i++) {
		int fd;

		if (list[i]->d_name[0] == '.')
			continue;
		(void)snprintf(
		    path, sizeof(path), "/modules/%s", list[i]->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
			fail(path);
		(void)close(fd);
	}
}

static void set_address(struct ifreq *r, const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	(void)inet_aton(text, &in.sin_addr);
	memcpy(&r->ifr_addr, &in, sizeof(in));
}

static void raise_interface(const char *name, const char *ip, const char *mask)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq r = { 0 };
	int rounds = 0;

	(void)strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	set_address(&r, ip);
	while (ioctl(s, SIOCSIFADDR, &r) != 0) {
		if (++rounds == ROUNDS_MAX)
			fail(name);
		(void)usleep(ROUND_US);
	}
	set_address(&r, mask);
	if (ioctl(s, SIOCSIFNETMASK, &r) != 0)
		fail("netmask");
	(void)ioctl(s, SIOCGIFFLAGS, &r);
	r.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(s, SIOCSIFFLAGS, &r) != 0)
		fail("up");
	(void)close(s);
}

static void say_memory(void)
{
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "MemAvailable:", 13) == 0 ||
		    strncmp(line, "MemTotal:", 9) == 0)
			(void)fputs(line, stdout);
	(void)fflush(stdout);
	(void)fclose(f);
}

int main(void)
{
	char *nginx[] = { "/usr/sbin/nginx", "-e", "stderr", "-p", "/web", "-c",
		"/web/nginx.conf", NULL };
	int c;

	(void)mkdir("/proc", 0755);
	(void)mkdir("/dev", 0755);
	(void)mkdir("/tmp", 0777);
	if (mount("proc", "/proc", "proc", 0, NULL) != 0 ||
	    (mount("dev", "/dev", "devtmpfs", 0, NULL) != 0))
		fail("mount");
	load_modules();
	raise_interface("lo", "127.0.0.1", "255.0.0.0");
	raise_interface("eth0", "10.0.2.15", "255.255.255.0");
	if (fork() == 0) {
		(void)execv(nginx[0], nginx);
		fail(nginx[0]);
	}
	while ((c = getchar()) != EOF)
		if (c == '\n')
			say_memory();
	(void)wait(NULL);
	fail("nginx");
}
