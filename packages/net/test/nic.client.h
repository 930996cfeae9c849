/* nic.client: what `azoth bindings` makes of nic.wit, for world.c to answer. */
#ifndef NET_TEST_NIC_CLIENT_H
#define NET_TEST_NIC_CLIENT_H

#include "azoth.h"

int32_t nic_open(void);
int32_t nic_exchange(uint32_t send, uint32_t fill);

#endif
