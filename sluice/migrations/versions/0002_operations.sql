create schema if not exists ops;
