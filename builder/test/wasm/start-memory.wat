;; `_start` is not even a function.
(module
  (memory (export "_start") 1))
