;; From a module whose name cannot be written in a manifest.
(module
  (import "\1b[1m\n" "f" (func))
  (func (export "_start")))
