/* How modules live: when they run, and what their ends mean. */
#include "check_impl.h"

#include "manifest.h"
#include "yaml_fix.h"

/* A module as written. */
static const struct yaml_node *module_node(
    const struct manifest *m, const struct manifest_module *module)
{
	return yaml_get(yaml_get(m->tree, "modules"), module->name.text);
}

/* Nothing else runs while an urgent module does. */
static void check_urgent(const struct manifest *m, struct diags *list,
    const struct manifest_module *module)
{
	const struct yaml_node *node = module_node(m, module);
	struct diag *d;

	if (module->priority != AZ_PRIORITY_URGENT ||
	    yaml_get(node, "cpu") != NULL)
		return;
	d = diag_add(list, "AZ0405", module->priority_at,
	    "module `%s` is urgent and has no `cpu` budget", module->name.text);
	diag_label(d, "before all others, for ever");
	diag_help(d, "add `cpu: 1ms/20ms`");
	fix_add(d, node, "cpu: 1ms/20ms");
}

/* No end of a module that is always started again is the expected one. */
static void check_expect(const struct manifest *m, struct diags *list,
    const struct manifest_module *module)
{
	const struct yaml_node *node = module_node(m, module);
	const struct yaml_pair *expect = yaml_find(node, "expect");
	const struct yaml_node *restart = yaml_get(node, "restart");
	struct diag *d;

	if (module->restart != AZ_RESTART_PERMANENT || expect == NULL ||
	    (module->expect == AZ_EXPECT_EXIT && module->expect_code == 0))
		return;
	d = diag_add(list, "AZ0506", expect->key->at,
	    "module `%s` is started again after every end, also the expected "
	    "one",
	    module->name.text);
	diag_label(d, "means nothing here");
	diag_help(d, "write `restart: transient` to let it end so");
	if (restart != NULL)
		diag_fix(d, restart->at, "transient");
	else
		fix_add(d, node, "restart: transient");
}

void check_life(const struct manifest *m, struct diags *list)
{
	for (size_t i = 0; i < m->module_count; i++) {
		check_urgent(m, list, &m->modules[i]);
		check_expect(m, list, &m->modules[i]);
	}
}
