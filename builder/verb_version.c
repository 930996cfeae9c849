#include "cli.h"

#include <stdio.h>

#include "abi/image.h"
#include "exit.h"

int verb_version(const struct cli *cli)
{
	if (cli->json)
		printf("{\"schema\":\"azoth.version/1\",\"version\":\"%s\","
		       "\"abi\":%u}\n",
		    AZOTH_VERSION, AZ_ABI_VERSION);
	else
		printf("azoth %s, ABI %u\n", AZOTH_VERSION, AZ_ABI_VERSION);
	return EXIT_DONE;
}
