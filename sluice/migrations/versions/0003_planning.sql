create schema if not exists planning;
