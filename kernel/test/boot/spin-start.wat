;; An endless loop before _start.
(module
  (func $init (loop $l (br $l)))
  (start $init)
  (func (export "_start")))
