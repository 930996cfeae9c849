/* The policy, case by case: a tree, events, and the actions that must come.
 *
 * tree	  STRATEGY:INTENSITY/PERIOD[+MIN-MAX]{child ...}, where STRATEGY is 1
 *	  (one_for_one), A (one_for_all) or R (rest_for_one) and a child is a
 *	  module, a letter with ~ (transient) or ? (temporary), and *N when it
 *	  says that it is ready (within N; 0: any), or a group, G=tree.
 * script  steps separated by ; each EVENT>ACTIONS. Events: boot, a! (fails),
 *	  a. (ends as expected), a^ (is ready), a% (reset), N (it is time N).
 *	  Actions: +a start, -a stop, xa gone, %a renew, ^G escalate (R: root),
 *	  E end.
 *
 * The first table has the behaviours of OTP's supervisor_SUITE, one row for
 * each of its cases; what is about starting children by hand, about code or
 * about log text has the nearest thing that a static tree has. */
#include "sup/policy.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/index.h"

enum { NODES = 64, LETTERS = 26, TEXT = 1024 };

struct row {
	const char *name, *tree, *script;
};

static struct {
	struct policy p;
	struct policy_node nodes[NODES];
	uint32_t node_of[LETTERS];
	char names[NODES];
	uint64_t recent[NODES][8];
	uint64_t now;
	char told[TEXT];
} sys;

static uint64_t number(const char **at)
{
	return strtoull(*at, (char **)(uintptr_t)at, 10);
}

static void parse_children(const char **at, uint32_t group);

static void parse_group(const char **at, uint32_t parent, char name)
{
	uint32_t self = sys.p.count++;
	struct policy_node *n = &sys.nodes[self];

	sys.names[self] = name;
	*n = (struct policy_node){
		.parent = parent, .group = true, .recent = sys.recent[self]
	};
	n->strategy = (*(*at)++ == '1')  ? AZ_STRATEGY_ONE_FOR_ONE
		      : (*at)[-1] == 'A' ? AZ_STRATEGY_ONE_FOR_ALL
					 : AZ_STRATEGY_REST_FOR_ONE;
	(*at)++;
	n->intensity = (uint32_t)number(at);
	(*at)++;
	n->period = number(at);
	if (**at == '+') {
		(*at)++;
		n->backoff_min = number(at);
		(*at)++;
		n->backoff_max = number(at);
	}
	(*at)++; /* { */
	parse_children(at, self);
	n->end = sys.p.count;
}

static void parse_module(const char **at, uint32_t parent)
{
	uint32_t self = sys.p.count++;
	struct policy_node *n = &sys.nodes[self];
	char name = *(*at)++;

	*n = (struct policy_node){ .parent = parent,
		.end = self + 1,
		.module = (uint32_t)(name - 'a'),
		.restart = AZ_RESTART_PERMANENT };
	sys.names[self] = name;
	sys.node_of[n->module] = self;
	for (; **at == '~' || **at == '?' || **at == '*';) {
		char mark = *(*at)++;

		if (mark == '~')
			n->restart = AZ_RESTART_TRANSIENT;
		else if (mark == '?')
			n->restart = AZ_RESTART_TEMPORARY;
		n->waits = n->waits || mark == '*';
		if (mark == '*')
			n->ready = number(at);
	}
}

static void parse_children(const char **at, uint32_t group)
{
	while (**at != '}') {
		if (**at == ' ') {
			(*at)++;
		} else if (isupper((unsigned char)**at)) {
			*at += 2;
			parse_group(at, group, (*at)[-2]);
		} else {
			parse_module(at, group);
		}
	}
	(*at)++;
}

static void make(const char *tree)
{
	memset(&sys, 0, sizeof(sys));
	sys.p.nodes = sys.nodes;
	sys.p.node_of = sys.node_of;
	parse_group(&tree, 0, 'R');
	policy_init(&sys.p);
}

static void tell(enum policy_event event, uint32_t module)
{
	static const char marks[] = "-x+%^E";
	struct policy_action out[POLICY_ACTIONS(NODES)];
	uint32_t count = policy_step(&sys.p, event, module, sys.now, out);

	assert_true(count <= POLICY_ACTIONS(sys.p.count));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t s = out[i].subject;
		char name = out[i].what == POLICY_ESCALATE ? sys.names[s]
							   : (char)('a' + s);
		size_t len = strlen(sys.told);

		snprintf(sys.told + len, TEXT - len, "%c%.*s",
		    marks[out[i].what], out[i].what != POLICY_END, &name);
	}
}

static void play(const char *event)
{
	static const char marks[] = "!.^%";
	static const enum policy_event events[] = { POLICY_FAILED, POLICY_ENDED,
		POLICY_READY, POLICY_RESET };

	if (strncmp(event, "boot", 4) == 0) {
		tell(POLICY_BEGIN, 0);
	} else if (isdigit((unsigned char)*event)) {
		sys.now = number(&event);
		while (sys.p.due <= sys.now)
			tell(POLICY_TIME, 0);
	} else {
		const char *mark = strchr(marks, event[1]);

		assert_non_null(mark);
		tell(events[mark - marks], (uint32_t)(event[0] - 'a'));
	}
}

/* Play one row; the first difference is its failure. */
static void play_row(const struct row *row)
{
	char script[TEXT], want[TEXT], *step, *rest = script;

	make(row->tree);
	assert_true(strlen(row->script) < TEXT);
	strcpy(script, row->script);
	while ((step = strsep(&rest, ";")) != NULL) {
		char *expected = strchr(step, '>');
		size_t len = 0;

		assert_non_null(expected);
		for (const char *c = expected + 1; *c != 0; c++)
			if (*c != ' ')
				want[len++] = *c;
		want[len] = 0;
		*expected = 0;
		sys.told[0] = 0;
		play(step + strspn(step, " "));
		if (strcmp(sys.told, want) != 0)
			fail_msg("%s: %s gave %s, not %s", row->name, step,
			    sys.told, want);
	}
}

/* --- supervisor_SUITE ----------------------------------------------------- */
static const struct row otp[] = {
	/* sup_start: it starts; a child that does nothing at all (ignore) is
	 * one that ends at once; init that fails is a root that gives up. */
	{ "sup_start_normal", "1:2/3600{a}", "boot>+a" },
	{ "sup_start_ignore_init", "1:2/3600{}", "boot>E" },
	{ "sup_start_ignore_child", "1:2/3600{a~ b}",
	    "boot>+a+b; a.>xa; b!>-b+b" },
	{ "sup_start_ignore_temporary_child", "1:2/3600{a?* b?}",
	    "boot>+a; a.>xa+b" },
	{ "sup_start_ignore_temporary_child_start_child", "1:2/3600{a? b?}",
	    "boot>+a+b; a.>xa; a%>; a!>; b!>xbE" },
	{ "sup_start_ignore_temporary_child_start_child_simple",
	    "1:2/3600{G=1:2/3600{a?* b?}}", "boot>+a; a.>xa+b; b.>xbE" },
	{ "sup_start_ignore_permanent_child_start_child_simple",
	    "1:0/0{G=1:0/0{a~* b~}}", "boot>+a; a.>xa+b; b!>-b^G^RE" },
	{ "sup_start_error_return", "1:0/0{a*}", "boot>+a; a.>-a^RE" },
	{ "sup_start_fail", "1:0/0{a*}", "boot>+a; a!>-a^RE" },
	/* A start that fails stops those that have started. */
	{ "sup_start_child_returns_error", "1:0/0{a b c* d}",
	    "boot>+a+b+c; c!>-c^RxbxaE" },
	{ "sup_start_restart_child_returns_error", "1:2/3600{a b*}",
	    "boot>+a+b; b^>; b!>-b+b; b!>-b+b; b!>-b^RxaE" },
	{ "sup_start_map", "1:1/5{a b G=1:1/5{c}}", "boot>+a+b+c" },
	{ "sup_start_map_faulty_specs", "1:1/5{}", "boot>E" },
	/* sup_stop: a stop waits for nobody, whatever the child does. */
	{ "sup_stop_infinity", "1:0/0{a G=1:0/0{b} c}",
	    "boot>+a+b+c; c!>-c^RxbxaE" },
	{ "sup_stop_timeout", "1:0/0{a b*100}", "boot>+a+b; a!>-a^RxbE" },
	{ "sup_stop_brutal_kill", "1:0/0{a b}", "boot>+a+b; a!>-a^RxbE" },
	{ "sup_stop_brutal_kill_dynamic", "1:0/0{a? b? c}",
	    "boot>+a+b+c; c!>-c^RxbxaE" },
	/* Children by hand: reset stops and starts one, and it alone. */
	{ "child_adm", "1:2/3600{a b~}",
	    "boot>+a+b; a%>%a+a; b.>xb; b%>%b+b; b!>-b+b" },
	{ "child_adm_simple", "1:2/3600{a? b?}",
	    "boot>+a+b; b!>xb; b%>; a%>%a+a; a.>xaE" },
	{ "child_specs", "1:2/3600{a b~ c?}",
	    "boot>+a+b+c; a.>-a+a; b.>xb; c.>xc" },
	{ "child_specs_map", "A:2/3600{a b~ c?}",
	    "boot>+a+b+c; a.>-axc-b+a+b" },
	{ "extra_return", "1:2/3600{a}", "boot>+a; a!>-a+a; a.>-a+a" },
	{ "sup_flags", "1:1/3600{a}", "boot>+a; a!>-a+a; 3600>; a!>-a^RE" },
	{ "multiple_restarts", "1:1/3{a}",
	    "boot>+a; a!>-a+a; 4>; a!>-a+a; 8>; a!>-a+a; a!>-a^RE" },
	/* one_for_one: the others do not notice. */
	{ "one_for_one", "1:2/3600{a b}", "boot>+a+b; a!>-a+a; b!>-b+b" },
	{ "one_for_one_escalation", "1:4/3600{a b*}",
	    "boot>+a+b; b^>; a!>-a+a; b!>-b+b; b!>-b+b; b!>-b+b;"
	    "b!>-b^RxaE" },
	/* one_for_all: the others stop in reverse order, all start again. */
	{ "one_for_all", "A:2/3600{a b c?}",
	    "boot>+a+b+c; b!>-bxc-a+a+b; a!>-a-b+a+b; a!>-a^RxbE" },
	{ "one_for_all_escalation", "A:4/3600{a b*}",
	    "boot>+a+b; b^>; a!>-a-b+a+b; b!>-b-a+a+b; b!>-b-a+a+b;"
	    "b!>-b-a+a+b; b!>-b^RxaE" },
	{ "one_for_all_other_child_fails_restart", "A:3/3600{a b*}",
	    "boot>+a+b; b^>; a!>-a-b+a+b; b!>-b-a+a+b; b^>; a!>-a-b+a+b" },
	/* simple_one_for_one: children alike in a one_for_one group. */
	{ "simple_one_for_one", "1:2/3600{a b}",
	    "boot>+a+b; a!>-a+a; b!>-b+b; a!>-a^RxbE" },
	{ "simple_one_for_one_shutdown", "1:0/0{G=1:2/3600{a? b?} c}",
	    "boot>+a+b+c; c!>-c^RxbxaE" },
	{ "simple_one_for_one_extra", "1:1/3600{G=1:1/3600{a b}}",
	    "boot>+a+b; a!>-a+a; b!>-b^G-a+a+b" },
	{ "simple_one_for_one_escalation", "1:4/3600{a* b*}",
	    "boot>+a; a^>+b; b^>; a!>-a+a; a!>-a+a; a!>-a+a; a!>-a+a;"
	    "a!>-a^RxbE" },
	/* rest_for_one: those before it do not notice. */
	{ "rest_for_one", "R:2/3600{a b c}",
	    "boot>+a+b+c; b!>-b-c+b+c; c!>-c+c; a!>-a^RxcxbE" },
	{ "rest_for_one_escalation", "R:4/3600{a b*}",
	    "boot>+a+b; b^>; a!>-a-b+a+b; b!>-b+b; b!>-b+b; b!>-b+b;"
	    "b!>-b^RxaE" },
	{ "rest_for_one_other_child_fails_restart", "R:3/3600{a b*}",
	    "boot>+a+b; b^>; a!>-a-b+a+b; b!>-b+b; b^>; a!>-a-b+a+b" },
	/* How a child ends, and what it is. `shutdown` is what a sibling's
	 * failure makes of it. */
	{ "external_start_no_progress_log", "1:1/5{a}", "boot>+a; a%>%a+a" },
	{ "permanent_normal", "1:2/3600{a}", "boot>+a; a.>-a+a" },
	{ "transient_normal", "1:2/3600{a~ b}", "boot>+a+b; a.>xa; a!>" },
	{ "temporary_normal", "1:2/3600{a? b}", "boot>+a+b; a.>xa; a!>" },
	{ "permanent_shutdown", "A:2/3600{a b}", "boot>+a+b; b!>-b-a+a+b" },
	{ "transient_shutdown", "A:2/3600{a~ b}", "boot>+a+b; b!>-b-a+a+b" },
	{ "temporary_shutdown", "A:2/3600{a? b}", "boot>+a+b; b!>-bxa+b" },
	{ "faulty_application_shutdown", "1:0/0{G=1:0/0{a b*}}",
	    "boot>+a+b; b!>-b^G^RxaE" },
	{ "permanent_abnormal", "1:2/3600{a}", "boot>+a; a!>-a+a" },
	{ "transient_abnormal", "1:2/3600{a~}", "boot>+a; a!>-a+a" },
	{ "temporary_abnormal", "1:2/3600{a? b}", "boot>+a+b; a!>xa" },
	{ "temporary_bystander", "R:10/100{G=A:10/100{a b?} c d?}",
	    "boot>+a+b+c+d; a!>-axb+a; c!>-cxd+c" },
	/* The supervisor looks after ends by itself: there is no link that a
	 * child could undo, and no exit that passes it by. */
	{ "child_unlink", "1:0/0{a b}", "boot>+a+b; b!>-b^RxaE; a!>" },
	{ "tree", "1:4/3600{G=A:2/3600{a b} H=1:2/3600{c d}}",
	    "boot>+a+b+c+d; a!>-a-b+a+b; b!>-b-a+a+b; a!>-a^G-b+a+b;"
	    "d!>-d+d; d!>-d+d; d!>-d^H-c+c+d; c!>-c+c" },
	{ "count_children", "1:2/3600{a? b? c?}",
	    "boot>+a+b+c; a.>xa; b!>xb; c.>xcE" },
	{ "do_not_save_start_parameters_for_temporary_children",
	    "R:2/3600{a b? c? d}", "boot>+a+b+c+d; a!>-a-dxcxb+a+d; b%>" },
	{ "do_not_save_child_specs_for_temporary_children",
	    "A:2/3600{a? b? c? d}", "boot>+a+b+c+d; d!>-dxcxbxa+d; a%>" },
	{ "simple_one_for_one_scale_many_temporary_children",
	    "1:2/3600{a? b? c? d? e? f? g? h? i? j? k? l? m? n? o? p?}",
	    "boot>+a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p; p!>xp; a!>xa; h!>xh" },
	{ "simple_global_supervisor",
	    "1:2/3600{G=1:2/3600{a b} H=1:2/3600{c d}}",
	    "boot>+a+b+c+d; a!>-a+a; a!>-a+a; a!>-a^G-b+a+b; c!>-c+c" },
	/* A restart that fails again and again is cut short by a reset or
	 * the end, and others are looked after meanwhile. */
	{ "hanging_restart_loop", "1:8/10{a*10 b}",
	    "boot>+a; a^>+b; a!>-a+a; a!>-a+a; b!>-b+b; a%>%a+a; a^>" },
	{ "hanging_restart_loop_rest_for_one", "R:8/10{a b*10 c}",
	    "boot>+a+b; b^>+c; b!>-b-c+b; b!>-b+b; a%>%a+a; b!>-b+b;"
	    "b^>+c" },
	{ "hanging_restart_loop_simple", "1:8/10{a*10}",
	    "boot>+a; a!>-a+a; a!>-a+a; a%>%a+a; a!>-a+a" },
	/* A changed specification is a new system: nothing of the tree or its
	 * history is kept. */
	{ "code_change", "1:1/10{a}", "boot>+a; a!>-a+a" },
	{ "code_change_map", "A:1/10{a b}", "boot>+a+b; a!>-a-b+a+b" },
	{ "code_change_simple", "1:1/10{a?}", "boot>+a; a.>xaE" },
	{ "code_change_simple_map", "1:1/10{a~}", "boot>+a; a.>xaE" },
	{ "order_of_children", "R:2/3600{a b c d}",
	    "boot>+a+b+c+d; b!>-b-d-c+b+c+d; d!>-d+d; c!>-c^RxdxbxaE" },
	{ "scale_start_stop_many_children",
	    "1:0/0{a b c d e f g h i j k l m n o p q r s t u v w x y z}",
	    "boot>+a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+v+w+x+y+z;"
	    "m!>-m^RxzxyxxxwxvxuxtxsxrxqxpxoxnxlxkxjxixhxgxfxexdxcxbxaE" },
	{ "format_log_1", "1:1/5{a}", "boot>+a; a!>-a+a; a!>-a^RE" },
	{ "format_log_2", "1:1/5{G=1:0/0{a}}",
	    "boot>+a; a!>-a^G+a;"
	    "a!>-a^G^RE" },
};
_Static_assert(sizeof(otp) / sizeof(*otp) == 66, "every case has a row");

/* --- Our own -------------------------------------------------------------- */
static const struct row own[] = {
	{ "an end is told twice", "1:5/10{a b}",
	    "boot>+a+b; a!>-a+a; b%>%b+b; a!>-a+a" },
	{ "the end of a module that waits for its backoff is stale",
	    "1:5/10+4-8{a}", "boot>+a; a!>-a; a!>; a.>; 3>; 4>+a" },
	{ "a module that was stopped with its sibling has ended as well",
	    "A:5/10{a b*}", "boot>+a+b; a!>-a-b+a+b; b^>; b^>" },
	{ "readiness of an older generation changes nothing",
	    "1:5/10+2-2{a* b}", "boot>+a; a!>-a; a^>; 2>+a; a^>+b" },
	{ "crash in init, first and later", "1:3/10{a* b}",
	    "boot>+a; a!>-a+a; a!>-a+a; a^>+b; a!>-a+a; a!>-a^RxbE" },
	{ "N siblings in one tick, one_for_one", "1:3/10{a b c}",
	    "boot>+a+b+c; a!>-a+a; b!>-b+b; c!>-c+c; a!>-a^RxcxbE" },
	{ "N siblings in one tick, one_for_all", "A:3/10{a b c}",
	    "boot>+a+b+c; b!>-b-c-a+a+b+c; a!>-a-c-b+a+b+c" },
	{ "a group is restarted while its child restarts",
	    "A:3/10{G=1:3/10{a* b} c}",
	    "boot>+a; a^>+b+c; a!>-a+a; c!>-c-b-a+a; a^>+b+c" },
	{ "a group is stopped while its child waits to restart",
	    "A:3/10{G=1:3/10+5-5{a b} c}",
	    "boot>+a+b+c; a!>-a; c!>-c-b+a+b+c; 5>; 9>" },
	{ "the root's death by its own children", "1:1/10{a b}",
	    "boot>+a+b; a!>-a+a; b!>-b^RxaE; a!>; boot>; 99>" },
	{ "the root's death from below", "1:1/9{G=1:1/9{H=1:0/9{a} b} c}",
	    "boot>+a+b+c; a!>-a^H+a; a!>-a^H^G-b+a+b; a!>-a^H+a;"
	    "a!>-a^H^G^RxcxbE" },
	{ "backoff doubles up to its most", "1:9/5+2-7{a}",
	    "boot>+a; a!>-a; 1>; 2>+a; a!>-a; 5>; 6>+a; a!>-a; 12>; 13>+a;"
	    "a!>-a; 19>; 20>+a" },
	{ "backoff begins anew after a whole period of life", "1:9/5+2-8{a}",
	    "boot>+a; a!>-a; 2>+a; a!>-a; 6>+a; 11>; a!>-a; 13>+a" },
	{ "backoff is each child's own", "1:9/50+2-8{a b}",
	    "boot>+a+b; a!>-a; 2>+a; a!>-a; b!>-b; 4>+b; 6>+a" },
	{ "backoff of one_for_all delays all", "A:9/50+3-9{a? b c}",
	    "boot>+a+b+c; c!>-c-bxa; 2>; 3>+b+c" },
	{ "backoff of rest_for_one delays the rest", "R:9/50+3-9{a b c}",
	    "boot>+a+b+c; b!>-b-c; a!>-a; 3>+a+b+c" },
	{ "the window holds its edge", "1:2/10{a}",
	    "boot>+a; 1>; a!>-a+a; 5>; a!>-a+a; 11>; a!>-a^RE" },
	{ "a restart leaves the window just after its edge", "1:2/10{a}",
	    "boot>+a; 1>; a!>-a+a; 5>; a!>-a+a; 12>; a!>-a+a; 15>;"
	    "a!>-a^RE" },
	{ "intensity 0 allows none", "1:0/0{a}", "boot>+a; a!>-a^RE" },
	{ "ready too late is a failure", "1:1/100{a*10 b}",
	    "boot>+a; 9>; 10>-a+a; 19>; 20>-a^RE" },
	{ "ready too late ends a temporary module", "1:1/100{a?*10 b}",
	    "boot>+a; 10>xa+b" },
	{ "ready in time stops the clock", "1:1/100{a*10 b}",
	    "boot>+a; 9>; a^>+b; 10>; 50>" },
	{ "transient: expected and other ends", "1:3/10{a~ b}",
	    "boot>+a+b; a!>-a+a; a.>xa; a!>; b!>-b+b" },
	{ "a transient one that is done starts with its group again",
	    "A:3/10{a~ b}", "boot>+a+b; a.>xa; b!>-b+a+b" },
	{ "a temporary one comes back only with a new life of its group",
	    "1:3/10{G=A:0/0{a? b}}",
	    "boot>+a+b; a.>xa; b!>-b^G+a+b; b!>-b^G-a+a+b" },
	{ "temporary in one_for_all stays down", "A:3/10{a? b}",
	    "boot>+a+b; b!>-bxa+b; b!>-b+b" },
	{ "a temporary failure is nobody else's", "A:0/0{a? b}",
	    "boot>+a+b; a!>xa" },
	{ "stop in reverse, through groups", "1:0/0{a G=1:0/0{b c} d}",
	    "boot>+a+b+c+d; d!>-d^RxcxbxaE" },
	{ "start in order, each when the one before is ready",
	    "1:0/0{a* G=1:0/0{b* c*} d*}",
	    "boot>+a; a^>+b; b^>+c; c^>+d; d^>" },
	{ "a restarting child fails its restart", "R:3/10{a* b}",
	    "boot>+a; a^>+b; a!>-a-b+a; a!>-a+a; a^>+b" },
	{ "one_for_one does not wait for a sibling's restart", "1:3/10{a* b}",
	    "boot>+a; a^>+b; a!>-a+a; b!>-b+b; a^>" },
	{ "reset is not counted", "1:0/0{a b}", "boot>+a+b; a%>%a+a; a%>%a+a" },
	{ "reset ends a backoff", "1:5/10+5-5{a}",
	    "boot>+a; a!>-a; a%>%a+a; 5>" },
	{ "reset of one that has not started yet waits its turn",
	    "1:5/10{a* b}", "boot>+a; b%>%b; a^>+b" },
	{ "reset while it starts", "1:5/10{a*9 b}",
	    "boot>+a; 5>; a%>%a+a; 13>; a^>+b" },
	{ "the failed restart of a group counts above it", "1:2/9{G=1:0/0{a*}}",
	    "boot>+a; a!>-a^G+a; a!>-a^G+a;"
	    "a!>-a^G^RE" },
	{ "a group's count begins anew with its life", "1:9/9{G=1:1/9{a}}",
	    "boot>+a; a!>-a+a; a!>-a^G+a; a!>-a+a; a!>-a^G+a" },
	{ "the backoff of a group", "1:9/9+2-8{G=1:0/0{a b}}",
	    "boot>+a+b; b!>-b^G-a; 2>+a+b; b!>-b^G-a; 5>; 6>+a+b" },
	{ "all done, in any order", "1:0/0{a? G=A:1/9{b~ c?} d~}",
	    "boot>+a+b+c+d; d.>xd; c!>xc; a.>xa; b.>xbE; b!>" },
};

static void play_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		play_row(&rows[i]);
}

static void otp_behaves(void **state)
{
	(void)state;
	play_rows(otp, sizeof(otp) / sizeof(*otp));
}

static void we_behave(void **state)
{
	(void)state;
	play_rows(own, sizeof(own) / sizeof(*own));
}

/* What a start says of its group's count. */
static void starts_are_numbered(void **state)
{
	struct policy_action out[POLICY_ACTIONS(NODES)];

	(void)state;
	make("1:3/10{a b}");
	assert_int_equal(policy_step(&sys.p, POLICY_BEGIN, 0, 0, out), 2);
	assert_int_equal(out[1].n, 0);
	for (uint32_t n = 1; n <= 3; n++) {
		assert_int_equal(
		    policy_step(&sys.p, POLICY_FAILED, 1, n, out), 2);
		assert_int_equal(out[1].n, n);
		assert_int_equal(out[1].of, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(otp_behaves),
		cmocka_unit_test(we_behave),
		cmocka_unit_test(starts_are_numbered),
	};

	return cmocka_run_group_tests_name("sup/policy", tests, NULL, NULL);
}
