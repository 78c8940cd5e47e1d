"""Writes the TypeScript of generated/typescript. Each module here makes one file of it."""
