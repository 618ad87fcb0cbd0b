import js from "@eslint/js";
import globals from "globals";

const rules = {
  ...js.configs.recommended.rules,
  "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
  "max-len": ["error", { code: 120 }],
  "prefer-const": "error",
  "no-var": "error",
  eqeqeq: ["error", "always", { null: "ignore" }],
  "no-restricted-globals": ["error", "event", "name"],
};

export default [
  {
    files: ["**/static/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules,
  },
  {
    files: ["**/tests/**/*.js", "**/*.test.js", "**/.ci/*.js"],
    ignores: ["**/ui/static/**"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.node },
    rules,
  },
];
