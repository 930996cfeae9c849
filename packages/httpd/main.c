/* httpd: serves the files of a folder. A project with handlers has its own
 * main, with its routes in place of none (azoth_http.h). */
#include "azoth_http.h"

#include <stddef.h>

int main(int argc, char **argv)
{
	return az_http_serve(argc, argv, NULL, 0);
}
