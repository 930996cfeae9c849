/* lwipopts: the network stack as this module wants it: one thread, no sockets
 * of lwIP's own, timers by timers.c, received frames where the card put them.
 * Numbers are for the largest system; what is not used is not touched. */
#ifndef NET_LWIPOPTS_H
#define NET_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_TIMERS 1
#define LWIP_TIMERS_CUSTOM 1

#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ICMP 1
#define LWIP_DHCP 1
#define LWIP_DNS 1
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_ETHERNET 1
#define LWIP_ARP 1
#define LWIP_SINGLE_NETIF 1
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_IPV6_DHCP6 0
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define DHCP_DOES_ARP_CHECK 0
#define IP_FORWARD 0
#define LWIP_BROADCAST_PING 0
#define LWIP_MULTICAST_PING 0

#define MEM_ALIGNMENT 8
#define MEM_LIBC_MALLOC 1 /* platform.c's */
#define mem_clib_malloc net_malloc
#define mem_clib_calloc(count, size) NULL /* nobody asks for it */
#define mem_clib_free net_free
#define MEMP_NUM_PBUF 2048 /* pieces of send buffers that are on their way */
#define MEMP_NUM_TCP_PCB 1280
#define MEMP_NUM_TCP_PCB_LISTEN 64
#define MEMP_NUM_UDP_PCB 64
#define MEMP_NUM_TCP_SEG 2048
#define MEMP_NUM_REASSDATA 8
#define IP_REASS_MAX_PBUFS 32
#define ARP_QUEUEING 1
#define ARP_QUEUE_LEN 64
#define MEMP_NUM_ARP_QUEUE 128
#define ARP_TABLE_SIZE 32
#define PBUF_POOL_SIZE 16 /* only for what lwIP copies itself */
#define PBUF_POOL_BUFSIZE 1600
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define LWIP_PBUF_REF_T u16_t

#define TCP_MSS 1460
#define TCP_WND (16 * TCP_MSS)
#define TCP_SND_BUF (44 * TCP_MSS)
#define TCP_SND_QUEUELEN (4 * 44)
#define TCP_SNDLOWAT (2 * TCP_MSS)
#define TCP_OVERSIZE 0
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 128
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_PBUFS 16
#define TCP_MSL 5000 /* ms */
#define TCP_MAXRTX 8
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_PCB_NUM_EXT_ARGS 1
#define SO_REUSE 1

#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHECKSUM_ON_COPY 0
#define LWIP_INLINE_IP_CHKSUM 1
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port)              \
	((void)(local), (void)(local_port), (void)(remote),                    \
	    (void)(remote_port), LWIP_RAND())
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, length, first, second, p)      \
	net_arrive(pcb, header, length, (second) != NULL, p)
#define LWIP_HOOK_FILENAME "hooks.h"

#define LWIP_STATS 0
/* Defined at all, it leaves assertions out: a wrong access ends the module, and
 * the supervisor makes it anew. */
#define LWIP_NOASSERT 1
#define LWIP_DISABLE_TCP_SANITY_CHECKS 0

#endif
