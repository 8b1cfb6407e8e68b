import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';

const onlyMessage = 'The other tests would not run.';
const clockMessage =
  "Only the database's clock decides (clock_timestamp() after the row is locked): see docs/architecture.md.";

export default defineConfig(
  globalIgnores([
    '**/node_modules/',
    '**/coverage/',
    '**/dist/',
    'release/',
    'web/.dist-*/',
    'web/test-results/',
    // A package of its own, whose libraries only its test installs. That checks its types.
    'deploy/',
    '**/*.d.ts',
    'data/',
    'data-demo/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    rules: { 'no-undef': 'off' }, // Node's globals; a misspelt one fails the first run.
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // It takes assertions for unnecessary that the compiler needs.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // Objects of closures, not classes: their methods know no `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Fastify's plugins and hooks are async by contract, whether or not they wait for something.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['web/**/*.ts'],
    languageOptions: {
      parserOptions: { project: './web/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
  },
  {
    files: ['web/e2e/**/*.ts'],
    // Playwright reads from the pattern which fixtures a fixture needs: `{}` for none.
    rules: { 'no-empty-pattern': 'off' },
  },
  {
    files: ['web/**/*.vue'],
    extends: [tseslint.configs.recommended, vue.configs['flat/strongly-recommended']],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'no-undef': 'off', // vue-tsc knows better.
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'vue/no-v-html': 'error',
      // Prettier's.
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      'vue/html-self-closing': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
    },
  },
  {
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      // A file has one reason to exist and fits in a head.
      'max-lines': ['error', { max: 350, skipBlankLines: true }],
    },
  },
  // Generated: as long as the database.
  { files: ['api/src/database/types.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['api/src/**/*.ts'],
    ignores: ['api/src/serve.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['api/src/modules/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: clockMessage },
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: clockMessage,
        },
      ],
    },
  },
  {
    files: ['api/test/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 500, skipBlankLines: true }],
      // What was caught is thrown again, whatever it is.
      '@typescript-eslint/only-throw-error': 'off',
      // An answer's body is `any` until the test has said what it should be.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'vitest', importNames: ['it'], message: 'One word for one thing: test.' }] },
      ],
      'no-restricted-properties': [
        'error',
        ...['test', 'describe', 'suite'].map((object) => ({
          object,
          property: 'only',
          message: onlyMessage,
        })),
      ],
    },
  },
);
